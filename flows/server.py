"""The Prefect server that the command line starts for itself, on loopback, and stops again.

Prefect reads its settings when it is imported, so nothing here imports it before they are in the environment.
"""

import contextlib
import ctypes
import importlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from medicore.errors import ConfigurationError

_START_LIMIT_S = 120.0
_STOP_LIMIT_S = 15.0
_PR_SET_PDEATHSIG = 1


@contextlib.contextmanager
def prefect_server(home: Path, port: int | None = None) -> Iterator[str]:
    """Yield the address of a Prefect API; start a server of our own unless ``PREFECT_API_URL`` names one."""
    folder = home / "prefect"
    folder.mkdir(parents=True, exist_ok=True)
    client = {
        "PREFECT_HOME": str(folder),
        "PREFECT_LOGGING_LEVEL": "CRITICAL",  # what people should know, progress and errors tell them
        "PREFECT_CLI_COLORS": "false",
        "DO_NOT_TRACK": "1",
    }
    given = os.environ.get("PREFECT_API_URL")
    if given:
        for name, value in client.items():
            os.environ.setdefault(name, value)
        yield given
        return
    chosen = port or free_port()
    url = f"http://127.0.0.1:{chosen}/api"
    settings = {**client, "PREFECT_API_URL": url, "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    with (folder / "server.log").open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter, a fixed argument list
            [
                sys.executable, "-m", "uvicorn", "--factory", "prefect.server.api.server:create_app",
                "--host", "127.0.0.1", "--port", str(chosen), "--log-level", "warning", "--timeout-keep-alive", "5",
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent,
        )  # fmt: skip
    try:
        importlib.import_module("prefect")  # takes as long as the server's start, so they go side by side
        _wait_until_healthy(url, process, folder / "server.log")
        yield url
    finally:
        stop(process)
        for name, earlier in before.items():
            if earlier is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = earlier


def die_with_parent() -> None:
    """Ask the kernel to end a child when this process ends, even by ``kill -9``."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    """Return a port of loopback that nobody listens to just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise ConfigurationError(
                f"the Prefect server ended at its start; its last words are in {log.name}"
            )
        if _answers(url):
            return
        time.sleep(0.1)
    raise ConfigurationError(
        f"the Prefect server did not answer within {_START_LIMIT_S:.0f} s; see {log.name}"
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:  # noqa: S310 - loopback, http
            return bool(answer.status == 200)
    except OSError:
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process of ours, and wait for it; kill it when it does not end."""
    process.terminate()
    try:
        process.wait(_STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
