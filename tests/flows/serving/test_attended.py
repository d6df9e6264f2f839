"""A process that the service attends is started again when it ends, and given up where that does not help."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.serving.attended import Attended
from medicore.errors import ConfigurationError
from tests.conftest import ROOT

# It says its number, and sleeps for good unless it is told to end; 'stubborn' does not hear SIGTERM.
SCRIPT = """
import os, signal, sys, time
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), os.getcwd(), os.environ.get("GIVEN"), flush=True)
if "end" in sys.argv:
    sys.exit(3)
time.sleep(600)
"""

SEEN = "import os; print(os.environ.get('GIVEN'), os.environ.get('MEDICORE_PASSPHRASE'))"
# It starts a child that asks the kernel to end with it only when it has ended.
PARENT = """
import ctypes, os, sys, time
from pathlib import Path
from flows.serving import attended

folder, parent, loaded = Path(sys.argv[1]), os.getpid(), ctypes.CDLL(None)

class Late:
    def prctl(self, *arguments):
        (folder / "begun").write_text(str(os.getpid()))
        (folder / "begun").rename(folder / "child")
        while os.getppid() == parent:
            time.sleep(0.01)
        return loaded.prctl(*arguments)

attended.ctypes.CDLL = lambda _: Late()
command = [sys.executable, "-c", "import time; open('ran', 'w').close(); time.sleep(600)"]
attended.Attended("the worker", command, folder / "words.log", folder)
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return where the process's words go, in a folder that is there."""
    (tmp_path / "prefect").mkdir()
    return tmp_path / "prefect" / "words.log"


def attended(log: Path, *arguments: str) -> Attended:
    """Start the script in the log's folder."""
    command = [sys.executable, "-c", SCRIPT, *arguments]
    return Attended("the worker", command, log, log.parent, {**os.environ, "GIVEN": "yes"})


def said(log: Path, lines: int) -> Iterator[list[str]]:
    """Wait until so many lines are in the log, and yield them in words."""
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        text = log.read_text()
        if text.count("\n") >= lines:  # a line may be there in part
            return (line.split() for line in text.splitlines())
        time.sleep(0.02)
    raise AssertionError(f"{lines} lines expected: {log.read_text()}")


def test_it_runs_where_and_as_it_was_told(log: Path) -> None:
    """Folder, environment and log are those given; while it runs there is nothing to tell, and it ends when told."""
    process = attended(log)
    ((number, folder, given),) = said(log, 1)
    assert (int(number), folder, given) == (process.process.pid, str(log.parent), "yes")
    assert process.attend() == ""
    process.stop()
    assert process.process.returncode == -signal.SIGTERM


def test_it_is_started_again_and_people_are_told(log: Path) -> None:
    """After kill -9 another one runs in its place, and how the first ended is told once."""
    process = attended(log)
    list(said(log, 1))
    process.process.kill()
    process.process.wait()
    assert process.attend() == "the worker ended by signal 9 and was started again"
    (first, *_), (second, *_) = said(log, 2)
    assert first != second == str(process.process.pid)
    assert process.attend() == ""
    process.stop()


def test_what_ends_again_and_again_is_given_up(log: Path) -> None:
    """The fifth end within ten minutes is an error that says how it ended, and where its last words are."""
    process = attended(log, "end")
    for _ in range(4):
        process.process.wait(30)
        assert process.attend() == "the worker ended with 3 and was started again"
    process.process.wait(30)
    with pytest.raises(
        ConfigurationError,
        match=r"^the worker ended 5 times within 10 minutes, at last with 3; "
        r"its last output is in prefect/words\.log of the state folder$",
    ):
        process.attend()
    assert len(list(said(log, 5))) == 5


def test_ends_that_are_rare_are_not_held_against_it(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five ends over more than ten minutes, as months bring them, are each mended."""
    process = attended(log, "end")
    now = time.monotonic()
    for number in range(8):
        process.process.wait(30)
        monkeypatch.setattr(time, "monotonic", lambda at=now + 151 * number: at)
        assert process.attend() == "the worker ended with 3 and was started again"
    process.process.wait(30)


def test_one_that_does_not_end_is_killed(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that does not hear that it is to end is ended all the same."""
    monkeypatch.setattr("flows.serving.attended._STOP_LIMIT_S", 0.2)
    process = attended(log, "stubborn")
    list(said(log, 1))
    process.stop()
    assert process.process.returncode == -signal.SIGKILL


def test_without_an_environment_it_sees_no_secret(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is told no environment inherits this one's, but for MediCore's passphrases and settings."""
    monkeypatch.setenv("MEDICORE_PASSPHRASE", "secret")
    monkeypatch.setenv("GIVEN", "yes")
    process = Attended("the server", [sys.executable, "-c", SEEN], log)
    process.process.wait(60)
    assert log.read_text().split() == ["yes", "None"]


def test_a_child_whose_parent_ended_at_once_ends_too(tmp_path: Path) -> None:
    """Where the parent is killed before the kernel knows that the child goes with it, no orphan begins its work."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], env=environment)
    begun = _eventually(lambda: (tmp_path / "child").exists())
    parent.kill()
    parent.wait()
    assert begun
    child = int((tmp_path / "child").read_text())
    try:
        assert _eventually(lambda: _ended(child) or (tmp_path / "ran").exists())
        assert not (tmp_path / "ran").exists()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _eventually(holds: Callable[[], bool]) -> bool:
    """Wait until something holds, for as long as a busy machine may need."""
    patient_until = time.monotonic() + 120
    while time.monotonic() < patient_until:
        if holds():
            return True
        time.sleep(0.02)
    return False


def _ended(process: int) -> bool:
    """Say whether a process has ended; nobody may have asked how."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except OSError:
        return True
