"""The service: server, work pool, worker and deployments on this machine, as docs/operate.md does it by hand."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from flows.server import die_with_parent, prefect_server, stop
from medicore.errors import ConfigurationError
from medicore.settings import Settings

POOL = "medicore"


@contextlib.contextmanager
def service(settings: Settings, port: int | None = None) -> Iterator[str]:
    """Yield the address of a Prefect API with the deployments of this checkout and a worker that runs them.

    Raises
    ------
    ConfigurationError
        When server, pool or deployments cannot be had; the log in the state folder says why.
    """
    with prefect_server(settings.home, port) as url:
        environment = {
            **os.environ,
            "PREFECT_API_URL": url,
            "MEDICORE_HOME": str(settings.home),
            "MEDICORE_CHECKOUT": str(settings.root),
            "MEDICORE_REPOSITORY": str(settings.root),
            "PYTHONPATH": str(settings.root),
            "PREFECT_LOGGING_LEVEL": "INFO",
            "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        }
        log = settings.home / "prefect" / "worker.log"
        _prefect(
            settings.root, environment, log, "work-pool", "create", POOL, "--type", "process", "--overwrite"
        )
        # A run fills a core; more at once than there are cores only hold each other and Prefect's SQLite file up.
        cores = str(len(os.sched_getaffinity(0)))
        _prefect(settings.root, environment, log, "work-pool", "set-concurrency-limit", POOL, cores)
        _prefect(settings.root, environment, log, "deploy", "--all")
        with log.open("ab") as output:
            worker = subprocess.Popen(  # noqa: S603 - our own interpreter, a fixed argument list
                [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL],
                cwd=settings.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent,
            )
        try:
            yield url
        finally:
            stop(worker)


def _prefect(root: Path, environment: dict[str, str], log: Path, *arguments: str) -> None:
    with log.open("ab") as output:
        done = subprocess.run(  # noqa: S603 - our own interpreter, a fixed argument list
            [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    if done.returncode:
        raise ConfigurationError(
            f"'prefect {' '.join(arguments[:2])}' ended with {done.returncode}; its last words are in "
            f"{log.parent.name}/{log.name} of the state folder"
        )
