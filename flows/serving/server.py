"""The Prefect server that the command line starts for itself, on loopback, and stops again.

Prefect reads its settings when it is imported, so nothing here imports it before they are in the environment.
"""

import base64
import contextlib
import importlib
import logging
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from flows.serving.attended import Attended
from flows.serving.environment import own_environment
from flows.serving.password import OF_CLIENT, OF_SERVER, kept_password, new_password, require_own_port
from flows.serving.refusals import refused_file
from medicore.errors import ConfigurationError
from medicore.stores.command import inherited
from medicore.stores.surroundings import ask_this_machine_directly

_START_LIMIT_S, _ANSWER_LIMIT_S, _DELIVERY_LIMIT_S = 120.0, 10.0, 15.0
_DATABASE = "PREFECT_SERVER_DATABASE_CONNECTION_URL"
_QUEUES = (("prefect.events.worker", "EventsWorker"), ("prefect.logging.handlers", "APILogWorker"))
"""Module and class of what Prefect's client sends from threads of its own: events and logs."""


@dataclass(slots=True)
class PrefectSession:
    """What this process has to do with the Prefect API at ``url``.

    ``undelivered`` is set when the session ends: events or logs did not reach the server in time. Prefect's client
    then goes on trying, for an hour or more, and holds up the end of the process.
    """

    url: str
    undelivered: bool = False

    def deliver(self) -> None:
        """Wait a while until events and logs have reached the server."""
        for module, name in _QUEUES:
            if module in sys.modules:
                logging.getLogger(name).setLevel(logging.CRITICAL)  # it counts what it has left
                waiting = getattr(sys.modules[module], name).drain_all(timeout=_DELIVERY_LIMIT_S)[1]
                self.undelivered = self.undelivered or bool(waiting)


@contextlib.contextmanager
def prefect_server(home: Path, port: int | None = None) -> Iterator[PrefectSession]:
    """Yield a session with a Prefect API; start a server of our own unless ``PREFECT_API_URL`` names one.

    Events and logs are delivered at the end, within a while; the session then says whether all were.

    Raises
    ------
    ConfigurationError
        When the server does not start or is not reached, or is unreachable for longer than its client waits.
    """
    with attended_server(home, port, brief=True) as (url, _):
        session = PrefectSession(url)
        try:
            yield session
        except Exception as error:
            if not _is_of_client(error):
                raise
            raise ConfigurationError(
                f"the Prefect server at {url} went away; the ledger has all that was done: "
                "'medicore status' tells where the run stands, and where it has not ended the same command again goes on"
            ) from error
        finally:
            session.deliver()


@contextlib.contextmanager
def attended_server(
    home: Path, port: int | None = None, *, brief: bool = False
) -> Iterator[tuple[str, Attended | None]]:
    """Yield the address of a Prefect API and the server at it, where it is our own.

    ``brief`` is a server for one command, without the UI and what serves other flow runs. A server of our own answers
    only those who know its password, which this process has in its environment for as long as the server is there;
    that of a server which is not brief is also in a file, for other commands and people.
    """
    folder = home / "prefect"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    client = {
        "PREFECT_HOME": str(folder),
        "PREFECT_LOGGING_LEVEL": "CRITICAL",  # what people should know, progress and errors tell them
        "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
        "PREFECT_CLI_COLORS": "false",
        "DO_NOT_TRACK": "1",
    }
    given = os.environ.get("PREFECT_API_URL")
    if given:
        for name, value in client.items():
            os.environ.setdefault(name, value)
        ask_this_machine_directly()
        require_given_server()
        yield given, None
        return
    chosen = port or free_port()
    url = f"http://127.0.0.1:{chosen}/api"
    password = new_password()
    settings = {
        **client,
        "PREFECT_PROFILES_PATH": str(folder / "profiles.toml"),
        "PREFECT_API_URL": url,
        OF_CLIENT: password,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # Kept in memory, a server's end would take the places of runs at work with it, and they would be cancelled.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    }
    with own_environment(settings):
        command = _brief(chosen) if brief else _full(chosen, refused_file(home))
        # In the working directory: an address of a database could not hold every letter of a path.
        environment = {**inherited(), OF_SERVER: password, _DATABASE: "sqlite+aiosqlite:///prefect.db"}
        server = Attended("the Prefect server", command, folder / "server.log", folder, environment)
        try:
            with contextlib.chdir(folder):  # Prefect looks for settings in files of the working directory too
                importlib.import_module(
                    "prefect"
                )  # takes as long as the server's start, so they go side by side
            _wait_until_healthy(url, password, server.process, server.log)
            with contextlib.nullcontext() if brief else kept_password(home, chosen, password):
                yield url, server
        finally:
            server.stop()


def _brief(port: int) -> list[str]:
    return [sys.executable, "-P", str(Path(__file__).with_name("brief_server.py")), str(port)]


def _full(port: int, refused: Path) -> list[str]:
    script = Path(__file__).with_name("full_server.py")
    return [sys.executable, "-P", str(script), str(port), str(refused)]


def require_given_server() -> None:
    """Raise ConfigurationError where ``PREFECT_API_URL`` names a server that nobody can reach."""
    given = os.environ.get("PREFECT_API_URL")
    if not given:
        return
    try:
        # An opener of its own: the one that is shared knows the proxies of when it was first used.
        with urllib.request.build_opener().open(f"{given}/health", timeout=_ANSWER_LIMIT_S):
            return
    except urllib.error.HTTPError:
        return  # somebody is there; Prefect's own client knows better what to make of it
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            return  # the client has settings of its own for whom to trust
        raise ConfigurationError(
            f"the Prefect server at {given}, which PREFECT_API_URL names, cannot be reached ({reason or type(reason).__name__}); "
            "expected it to run: start it, correct the address, or unset it for a server of our own"
        ) from error


def _is_of_client(error: Exception) -> bool:
    """Say whether an error is what Prefect's client raises when it cannot talk to its server."""
    of_httpx = any(kind.__module__.startswith("httpx") for kind in type(error).__mro__)
    return of_httpx or (isinstance(error, RuntimeError) and str(error).startswith("Failed to reach API"))


def free_port() -> int:
    """Return a port of loopback that nobody listens to just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(url: str, password: str, process: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise ConfigurationError(
                f"the Prefect server ended at its start; its last words are in {log.name}"
            )
        if _answers(f"{url}/health"):
            # The password is for no other's program that was at this port before.
            require_own_port(int(urlsplit(url).port or 0))
            if _answers(f"{url}/admin/version", password):
                return
        time.sleep(0.1)
    raise ConfigurationError(
        f"the Prefect server did not answer within {_START_LIMIT_S:.0f} s; see {log.name}"
    )


def _answers(url: str, password: str = "") -> bool:
    known = base64.b64encode(password.encode()).decode()
    request = urllib.request.Request(url, headers={"Authorization": f"Basic {known}"} if password else {})  # noqa: S310 - loopback, http
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
