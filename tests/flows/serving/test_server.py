"""The Prefect server of our own starts on loopback, answers, and is gone when its parent is."""

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import pytest
from httpx import ConnectError
from prefect.client.orchestration import SyncPrefectClient

from flows.serving.server import free_port, prefect_server
from medicore.errors import ConfigurationError
from tests.conftest import ROOT
from tests.hostile import hostile_prefect
from tests.session import lay_prefect_tables

# The server serves until the end of its input.
SCRIPT = """
import os, sys
from pathlib import Path
from flows.serving.server import free_port, prefect_server
with prefect_server(Path(sys.argv[1])) as session:
    print(session.url, os.environ["PREFECT_API_URL"] == session.url, os.environ["DO_NOT_TRACK"], flush=True)
    sys.stdin.readline()
"""
FLOW = """
import os, sys, urllib.error, urllib.request
from pathlib import Path
from flows.serving.server import prefect_server
with prefect_server(Path(sys.argv[1])) as session:
    from prefect import flow, task
    @task
    def part() -> int:
        return 1
    @flow
    def whole() -> int:
        return part()
    print(whole())
    try:
        urllib.request.urlopen(urllib.request.Request(session.url + "/flow_runs/filter", b"{}"))
    except urllib.error.HTTPError as refused:
        print(refused.code)
    from prefect.settings import PREFECT_API_KEY, PREFECT_LOCAL_STORAGE_PATH
    print(PREFECT_API_KEY.value(), PREFECT_LOCAL_STORAGE_PATH.value().parent.parent.name)
print(session.undelivered, os.environ.get("PREFECT_API_AUTH_STRING"))
print(session.url, [os.environ.get(name) for name in ("PREFECT_API_URL", "PREFECT_HOME")])
print(os.listdir(Path(sys.argv[1]) / "prefect"))
"""
STARTS_WITHIN_S = 100.0
GONE_WITHIN_S = 20.0


@contextlib.contextmanager
def parent(home: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start a process that serves, and end it whatever happens."""
    lay_prefect_tables(home)
    unset = {"PREFECT_API_URL", "PREFECT_HOME", "DO_NOT_TRACK"}
    environment = {key: value for key, value in os.environ.items() if key not in unset}
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(home)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def answers(url: str) -> bool:
    """Say whether the API answers."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except OSError:
        return False


def listens(url: str) -> bool:
    """Say whether anything accepts connections at the address."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) == 0


def is_gone(url: str) -> bool:
    """Wait until nothing listens any more, for a while."""
    limit = time.monotonic() + GONE_WITHIN_S
    while listens(url) and time.monotonic() < limit:
        time.sleep(0.1)
    return not listens(url)


def test_server_answers_and_dies_with_its_parent_by_kill(tmp_path: Path, prefect_url: str) -> None:
    """A server starts beside another on a port of its own, and does not outlive kill -9 of its parent; the other does."""
    with parent(tmp_path) as killed:
        assert killed.stdout is not None
        url, in_environment, untracked = killed.stdout.readline().split()
        assert (in_environment, untracked) == ("True", "1")
        assert url.startswith("http://127.0.0.1:")
        assert url != prefect_url
        assert answers(url)
        killed.send_signal(signal.SIGKILL)
        killed.wait(10)
        assert is_gone(url)
        assert answers(prefect_url)
    assert (tmp_path / "prefect" / "server.log").exists()


def test_what_a_command_says_is_kept(tmp_path: Path) -> None:
    """The server of one command keeps flow run, task run and events, as the server that people look at keeps them.

    It answers only that command, ends with it, and its password is gone then, and was in no file. Settings of Prefect
    for other work, in the environment and in the working directory, change none of this, and nothing is written
    there.
    """
    lay_prefect_tables(tmp_path)
    theirs = tmp_path / "theirs"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    environment |= {"PYTHONPATH": str(ROOT), **hostile_prefect(theirs)}
    before = sorted(theirs.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", FLOW, str(tmp_path)],
        cwd=theirs, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    *told, last, files = done.stdout.splitlines()
    url, _, left = last.partition(" ")
    assert is_gone(url)
    assert left == str([environment.get(name) for name in ("PREFECT_API_URL", "PREFECT_HOME")])
    assert told == ["1", "401", f"None {tmp_path.name}", "False None"], done.stderr
    assert sorted(theirs.iterdir()) == before
    assert "password" not in files
    with contextlib.closing(sqlite3.connect(tmp_path / "prefect" / "prefect.db")) as kept:
        for table in ("flow_run", "task_run"):
            assert kept.execute(f"SELECT state_type FROM {table}").fetchall() == [("COMPLETED",)]  # noqa: S608
        events = {event for (event,) in kept.execute("SELECT event FROM events")}
    assert {"prefect.flow-run.Completed", "prefect.task-run.Completed"} <= events


CLIENT = (
    "PREFECT_HOME",
    "PREFECT_LOGGING_LEVEL",
    "PREFECT_LOGGING_INTERNAL_LEVEL",
    "PREFECT_CLI_COLORS",
    "DO_NOT_TRACK",
)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the client's settings, so that they are put back afterwards."""
    for name in CLIENT:
        monkeypatch.setenv(name, "given")


@pytest.mark.usefixtures("given")
def test_given_server_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefect_url: str) -> None:
    """Where the environment names an API, no server is started and its address is passed on."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_url)
    with prefect_server(tmp_path) as session:
        assert session.url == prefect_url
        assert os.environ["PREFECT_HOME"] == "given"
    assert not (tmp_path / "prefect" / "server.log").exists()


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/api", "http://prefect.invalid/api", "4200"])
def test_given_server_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """An address where nobody answers, or that is none, is refused at once with what to do."""
    named = address.format(port=free_port())
    monkeypatch.setenv("PREFECT_API_URL", named)
    with (
        pytest.raises(ConfigurationError) as refused,
        prefect_server(tmp_path),
    ):
        pass
    assert str(refused.value).startswith(
        f"the Prefect server at {named}, which PREFECT_API_URL names, cannot be reached ("
    )
    assert "\n" not in str(refused.value)


def client_reaches(url: str) -> bool:
    """Say whether Prefect's own client finds the API in good health."""
    client = SyncPrefectClient(url)
    with client._client:
        return client.api_healthcheck() is None


@pytest.mark.usefixtures("given")
def test_a_given_server_is_reached_through_the_proxy_and_one_on_loopback_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefect_url: str
) -> None:
    """A company's proxy is asked for a server elsewhere, by the check and by Prefect's client, and never for this machine."""
    asked = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    for name in ("NO_PROXY", "no_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "")
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_address[1]}")
        monkeypatch.setenv("PREFECT_API_URL", prefect_url)
        with prefect_server(tmp_path):
            assert client_reaches(prefect_url)
        assert asked == []
        monkeypatch.setenv("PREFECT_API_URL", "http://prefect.invalid/api")
        with prefect_server(tmp_path):
            assert client_reaches("http://prefect.invalid/api")
        assert asked == ["http://prefect.invalid/api/health"] * 2
        proxy.shutdown()
        thread.join()


@pytest.mark.usefixtures("given")
def test_given_server_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address where somebody answers something else, as another service does, is refused in the same words."""
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            connection, _ = other.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{other.getsockname()[1]}/api")
        with (
            pytest.raises(ConfigurationError, match=r"cannot be reached \(220 mail"),
            prefect_server(tmp_path),
        ):
            pass
        thread.join(10)


@pytest.mark.usefixtures("given")
def test_what_the_client_says_of_a_server_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefect_url: str
) -> None:
    """A server that goes away, or is none of Prefect's, is told with what to do; other errors pass as they are."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_url)
    for error in (ConnectError("all tries failed"), RuntimeError(f"Failed to reach API at {prefect_url}")):
        with (
            pytest.raises(
                ConfigurationError, match=r"is no longer reached; the ledger has everything that was done"
            ),
            prefect_server(tmp_path),
        ):
            raise error
    with pytest.raises(RuntimeError, match="another"), prefect_server(tmp_path):
        raise RuntimeError("another")


def test_server_that_cannot_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that ends at once is not waited for, and the message says where its last words are."""
    program = shutil.which("false")
    assert program is not None
    monkeypatch.setattr(sys, "executable", program)
    monkeypatch.setitem(sys.modules, "prefect", ModuleType("prefect"))  # the client is not what is tested
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    before = dict(os.environ)
    with (
        pytest.raises(ConfigurationError, match=r"ended at its start; its last output is in server\.log"),
        prefect_server(tmp_path),
    ):
        pass
    assert dict(os.environ) == before
