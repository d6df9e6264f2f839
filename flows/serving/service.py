"""The service: server, work pool, worker and deployments on this machine; docs/operate.md shows the same steps by hand."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from flows.serving.attended import Attended
from flows.serving.password import OF_CLIENT
from flows.serving.refusals import Refusals
from flows.serving.server import attended_server
from medicore.errors import ConfigurationError
from medicore.settings import Settings
from medicore.stores.clock import SystemClock
from medicore.stores.command import inherited
from medicore.stores.git.workspace import running_from

POOL = "medicore"
_ATTEND_S, _LOOK_S = 1.0, 20.0
TEMPLATE = Path(__file__).with_name("pool.json")
"""The job template of our own worker: it takes nothing but a commit."""
_COMMANDS = Path(__file__).with_name("prefect_commands.py")


@dataclass(frozen=True)
class Service:
    """A running service: a Prefect API at an address, and our processes that provide it."""

    url: str
    worker: Attended
    server: Attended | None
    console: Attended | None
    refusals: Refusals

    def attend(self, tell: Callable[[str], None], record: Callable[[Mapping[str, int]], str]) -> NoReturn:
        """Start every process again that ends, without limit of time, and report it.

        ``record`` writes counts of the requests that our own server refused into the ledger, and returns a message
        about them. Flow runs that lost their process continue if the server is our own, on loopback: then all its
        workers are here.

        Raises
        ------
        ConfigurationError
            When server or worker ends again and again.
        """
        # Prefect is imported after its settings are in the environment.
        from flows.serving.interrupted import Interrupted

        clock = SystemClock()
        interrupted, due, seen = Interrupted(POOL), 0.0, clock.now()
        while True:
            told = [self.worker.attend()]
            if told[0]:
                interrupted.worker_ended(seen)
                due = 0.0
            seen = clock.now()
            if self.console is not None:
                told.append(self.console.attend())
            if self.server is not None:
                told.append(self.server.attend())
                refused = self.refusals.due()
                told += [record(refused)] if refused else []
                if time.monotonic() > due:
                    told += interrupted.resume()
                    due = time.monotonic() + _LOOK_S
            for word in filter(None, told):
                tell(word)
            time.sleep(_ATTEND_S)


@contextlib.contextmanager
def service(
    settings: Settings, port: int | None = None, console_port: int | None = None
) -> Iterator[Service]:
    """Yield a Prefect API with the deployments of this checkout and a worker that runs them.

    With ``console_port`` the console runs beside them.

    Raises
    ------
    ConfigurationError
        When server, pool or deployments cannot be set up; the log in the state folder says why.
    """
    with attended_server(settings.home, port) as (url, server):
        given = _given(settings, url)
        told = {**inherited(), **given}
        log = settings.home / "prefect" / "worker.log"
        template = str(TEMPLATE)
        pool = ("create", POOL, "--type", "process", "--base-job-template", template, "--overwrite")
        # A run fills a core; more runs than cores would only delay each other and Prefect's SQLite file.
        cores = str(len(os.sched_getaffinity(0)))
        limit = ("set-concurrency-limit", POOL, cores)
        _prefect(settings.root, told, log, ("work-pool", *pool), ("work-pool", *limit), ("deploy", "--all"))
        command = [sys.executable, "-m", "flows.serving.worker", POOL, f"--limit={cores}"]
        if server is not None:  # ``attend`` looks after its runs; on SQLite heartbeats would slow them down
            command.append("--heartbeat=0")
        # The worker's runs need the EDC's secrets; people sign elsewhere, with their passphrases.
        environment = {**inherited(without="MEDICORE_PASSPHRASE"), **given}
        with contextlib.ExitStack() as ending:
            console = _console(settings, console_port, environment) if console_port else None
            if console is not None:
                environment.setdefault("MEDICORE_CONSOLE", f"http://127.0.0.1:{console_port}")
                ending.callback(console.stop)
            worker = Attended("the worker", command, log, settings.root, environment)
            ending.callback(worker.stop)
            yield Service(url, worker, server, console, Refusals(settings.home))


def _console(settings: Settings, port: int, environment: Mapping[str, str]) -> Attended:
    """Start the console, which has no passphrase: people give their own with each signature."""
    command = [sys.executable, "-m", "medicore", "console", "--port", str(port)]
    log = settings.home / "prefect" / "console.log"
    return Attended("the console", command, log, settings.root, environment)


def _given(settings: Settings, url: str) -> dict[str, str]:
    """Return the variables that describe this installation to the worker and to Prefect's command line."""
    return {
        "PREFECT_API_URL": url,
        "MEDICORE_HOME": str(settings.home),
        "MEDICORE_CHECKOUT": str(settings.root),
        "MEDICORE_REPOSITORY": str(settings.root),
        "PYTHONPATH": str(running_from(settings.root)),
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        **{name: value for name, value in os.environ.items() if name == OF_CLIENT},
    }


def _prefect(root: Path, environment: dict[str, str], log: Path, *commands: tuple[str, ...]) -> None:
    """Perform Prefect's command lines; raise ConfigurationError for the first that fails."""
    with log.open("ab") as output:
        done = subprocess.run(  # noqa: S603 - our own interpreter, a fixed argument list
            [sys.executable, "-P", str(_COMMANDS), json.dumps(commands)],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            check=False,
        )
    if done.returncode:
        failed = done.stdout.splitlines()[-1:] or ["could not be started and"]
        raise ConfigurationError(
            f"'prefect {failed[0]}' ended with {done.returncode}; its last output is in "
            f"{log.parent.name}/{log.name} of the state folder"
        )
