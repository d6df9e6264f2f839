"""The Prefect server that the command line starts for itself, on loopback, and stops afterwards.

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
"""Module and class of the services that send events and logs from threads of Prefect's client."""


@dataclass(slots=True)
class PrefectSession:
    """The session of this process with the Prefect API at ``url``.

    ``undelivered`` is set at the end of the session if events or logs did not reach the server in time. Prefect's
    client then tries again for an hour or more, and delays the end of the process.
    """

    url: str
    undelivered: bool = False

    def deliver(self) -> None:
        """Wait until events and logs have reached the server, up to a limit."""
        for module, name in _QUEUES:
            if module in sys.modules:
                logging.getLogger(name).setLevel(logging.CRITICAL)  # it counts what it has not sent yet
                waiting = getattr(sys.modules[module], name).drain_all(timeout=_DELIVERY_LIMIT_S)[1]
                self.undelivered = self.undelivered or bool(waiting)


@contextlib.contextmanager
def prefect_server(home: Path, port: int | None = None) -> Iterator[PrefectSession]:
    """Yield a session with a Prefect API; start our own server unless ``PREFECT_API_URL`` names one.

    Events and logs are delivered at the end, within a limit; the session then says whether all of them were.

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
                f"the Prefect server at {url} is no longer reached; the ledger has everything that was done: "
                "'medicore status' shows where the run stands; if the run has not ended, the same command continues "
                "it"
            ) from error
        finally:
            session.deliver()


@contextlib.contextmanager
def attended_server(
    home: Path, port: int | None = None, *, brief: bool = False
) -> Iterator[tuple[str, Attended | None]]:
    """Yield the address of a Prefect API, and its server if it is our own.

    ``brief`` is a server for one command, without the UI and without the services for other flow runs. Our own server
    answers only clients that know its password. While the server runs, this process has the password in its
    environment; the password of a server that is not brief is also in a file, for other commands and people.
    """
    folder = home / "prefect"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    client = {
        "PREFECT_HOME": str(folder),
        "PREFECT_LOGGING_LEVEL": "CRITICAL",  # progress and errors tell people what they need to know
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
        # In memory, these would be lost when the server ends, and active runs would be cancelled.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    }
    with own_environment(settings):
        command = _brief(chosen) if brief else _full(chosen, refused_file(home))
        # In the working directory: the address of a database cannot contain every character of a path.
        environment = {**inherited(), OF_SERVER: password, _DATABASE: "sqlite+aiosqlite:///prefect.db"}
        server = Attended("the Prefect server", command, folder / "server.log", folder, environment)
        try:
            with contextlib.chdir(folder):  # Prefect also reads settings from files of the working directory
                importlib.import_module(
                    "prefect"
                )  # takes as long as the server's start, so both run at the same time
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
    """Raise ConfigurationError when ``PREFECT_API_URL`` names a server that cannot be reached."""
    given = os.environ.get("PREFECT_API_URL")
    if not given:
        return
    try:
        # A new opener: the shared one still has the proxies of its first use.
        with urllib.request.build_opener().open(f"{given}/health", timeout=_ANSWER_LIMIT_S):
            return
    except urllib.error.HTTPError:
        return  # a server answers; Prefect's own client handles the rest
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError):
            return  # the client has its own settings for trusted certificates
        raise ConfigurationError(
            f"the Prefect server at {given}, which PREFECT_API_URL names, cannot be reached ({reason or type(reason).__name__}); "
            "expected a running server: start it, correct the address, or unset it so that MediCore starts its own "
            "server"
        ) from error


def _is_of_client(error: Exception) -> bool:
    """Return whether an error is one that Prefect's client raises when it cannot reach its server."""
    of_httpx = any(kind.__module__.startswith("httpx") for kind in type(error).__mro__)
    return of_httpx or (isinstance(error, RuntimeError) and str(error).startswith("Failed to reach API"))


def free_port() -> int:
    """Return a port of loopback at which no program listens at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(url: str, password: str, process: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < limit:
        if process.poll() is not None:
            raise ConfigurationError(
                f"the Prefect server ended at its start; its last output is in {log.name}"
            )
        if _answers(f"{url}/health"):
            # Another user's program that was at this port before must not get the password.
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
