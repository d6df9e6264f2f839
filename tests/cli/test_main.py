"""The end of a command: its exit code, and that nothing which Prefect is still to be told holds it up."""

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

import pytest

from medicore.cli import _run, _told
from medicore.cli.panels import PANELS
from tests.conftest import ROOT

# A verb that leaves so many logs to Prefect's client, and ends with the code that it is given.
SCRIPT = """
import sys
from pathlib import Path
import typer
from flows.serving import server
from medicore.cli import main
from medicore.cli.app import app, prefect

server._DELIVERY_LIMIT_S = 1.0

@app.command()
def speak(command: typer.Context, home: Path, words: int, code: int) -> None:
    with prefect(command, home):
        from prefect.logging.handlers import APILogWorker
        for number in range(words):
            APILogWorker.instance().send({"message": str(number), "__payload_size__": 10})
    typer.echo("spoken")
    raise typer.Exit(code)

main()
"""
UNDELIVERED = "medicore: Prefect does not show everything: its server is unreachable"


class _Deaf(BaseHTTPRequestHandler):
    """Answers that all is well, and leaves every other request without an answer."""

    def do_GET(self) -> None:
        if not self.path.endswith("/health"):
            self.rfile.read()  # until the client has left
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def deaf_server() -> Iterator[str]:
    """The address of a server that is healthy and takes no log."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Deaf) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/api"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("words", "said"), [(0, []), (2, [UNDELIVERED])])
def test_a_command_ends_although_logs_are_not_delivered(
    tmp_path: Path, deaf_server: str, words: int, said: list[str]
) -> None:
    """A verb's output and exit code are its own; where logs are left over it says so, and does not wait for an hour."""
    environment = {**os.environ, "PREFECT_API_URL": deaf_server, "PREFECT_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "speak", str(tmp_path), str(words), "7"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (7, "spoken\n"), done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("medicore:")] == said


def test_verbs_that_analyse_nothing_import_no_statistics() -> None:
    """A process with every verb's module has imported neither pandas nor SciPy: a status costs no second for them."""
    script = (
        "import importlib, pkgutil, sys, medicore.cli as cli\n"
        "for module in pkgutil.walk_packages(cli.__path__, 'medicore.cli.'): importlib.import_module(module.name)\n"
        "import medicore.wiring, medicore.cases.answers.status, medicore.cases.answers.attempts\n"
        "print({'pandas', 'pyarrow', 'scipy'} & sys.modules.keys())"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, text=True
    )
    assert answer.stdout == "set()\n"


def test_the_version_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """``--version`` prints the installed version alone; ``-h`` is help, everywhere."""
    for arguments, words in (
        (("--version",), f"medicore {version('medicore')}\n"),
        (("-h",), "Exit codes"),
        (("study", "check", "-h"), "--data"),
    ):
        monkeypatch.setattr("sys.argv", ["medicore", *arguments])
        assert _run([]) == 0
        assert words in capsys.readouterr().out


def test_every_verb_is_in_the_panel_of_a_person(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The help has a panel for each person and none for verbs of nobody."""
    monkeypatch.setattr("sys.argv", ["medicore", "--help"])
    assert _run([]) == 0
    out = capsys.readouterr().out
    for title, names in PANELS.items():
        assert title in out
        assert all(f" {name} " in out for name in names)
    assert "─ Commands ─" not in out


def test_a_process_with_little_memory_ends_with_a_message() -> None:
    """A verb that would load linear algebra below ``ulimit -v`` ends in one line with exit code 9, and does not hang."""
    code = "import resource; resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000,) * 2); import medicore.__main__ as m; m.main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "status"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (9, "", 1)
    assert done.stderr.startswith("medicore: this process may address 1.40 GiB of memory; expected ")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "ledger.db"),
            "ledger.db may not be used by this account",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "the disk is full (No space left on device); make room",
        ),
    ],
)
def test_an_error_that_any_file_can_give_is_one_line(error: OSError, words: str) -> None:
    """A file of another account and a full disk are told with what to do; any other error is none of these."""
    assert _told(error).startswith(words)
    with pytest.raises(FileNotFoundError):
        _told(FileNotFoundError(errno.ENOENT, "No such file"))


def test_an_interrupt_while_the_command_is_loaded_is_silent() -> None:
    """Ctrl-C before a command has begun ends it by that signal, without a traceback; afterwards it has to be told."""
    code = """
import os, runpy, signal, sys

named, sys.argv[1] = sys.argv[1], "status"
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == named:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
runpy.run_module("medicore", run_name="__main__")
"""
    found = {}
    for module in ("medicore.cli.work", "medicore.cases.answers.status"):
        done = subprocess.run(
            [sys.executable, "-c", code, module], cwd=ROOT, capture_output=True, text=True, check=False
        )
        found[module] = (done.returncode, "Traceback" in done.stderr)
    assert found == {
        "medicore.cli.work": (-signal.SIGINT, False),
        "medicore.cases.answers.status": (130, False),
    }
