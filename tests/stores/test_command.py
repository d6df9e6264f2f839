"""Programs are run by their argument list, and their trouble is told in one line."""

import contextlib
import os
import sys
import time
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError, IntegrityError, TimeLimitError
from medicore.stores.command import conversation, run
from tests.conftest import git


def python(code: str, *more: str) -> list[str]:
    """Return the arguments that run a line of Python."""
    return [sys.executable, "-c", code, *more]


def test_what_the_program_prints_is_returned(tmp_path: Path) -> None:
    """Input goes in as bytes, output comes back as bytes, untouched, from the given folder."""
    code = "import os, sys; sys.stdout.buffer.write(sys.stdin.buffer.read() + os.getcwd().encode())"
    assert run(python(code), folder=tmp_path, data=b"\x00\xff\r\n") == b"\x00\xff\r\n" + bytes(tmp_path)


def test_all_that_the_program_says_is_returned_when_asked_for(tmp_path: Path) -> None:
    """What goes to the standard error follows what is printed; without asking it is left out."""
    loud = python("import sys; print('warned', file=sys.stderr); print('printed')")
    assert run(loud, folder=tmp_path, everything=True).split() == [b"printed", b"warned"]
    assert run(loud, folder=tmp_path).split() == [b"printed"]


def test_arguments_meet_no_shell(tmp_path: Path) -> None:
    """What a shell would expand or execute arrives as the text that it is."""
    hostile = "$(touch spoilt); `touch spoilt` * && touch spoilt"
    answer = run(python("import sys; print(sys.argv[1], end='')", hostile), folder=tmp_path)
    assert (answer.decode(), list(tmp_path.iterdir())) == (hostile, [])


def test_variables_are_added_to_the_environment(tmp_path: Path) -> None:
    """The program sees the given variables, and those that were there before."""
    code = "import os; print('PATH' in os.environ, os.environ['MEDICORE_TEST'], end='')"
    answer = run(python(code), folder=tmp_path, environment={"MEDICORE_TEST": "there"})
    assert answer == b"True there"
    assert "MEDICORE_TEST" not in os.environ


def test_no_secret_of_ours_reaches_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passphrases, settings, secrets of the EDC and keys of archive, database and server stay here; what is given goes along."""
    names = ("MEDICORE_PASSPHRASE", "MEDICORE_PASSPHRASE_RITA", "MEDICORE_EDC_SECRET", "MEDICORE_LEDGER")
    for name in (*names, "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PGPASSWORD", "PREFECT_API_KEY"):
        monkeypatch.setenv(name, "secret")
    seen = python(
        "import os; print(*(name for name in os.environ if name.startswith(('MEDICORE_', 'AWS_', 'PG', 'PREFECT_'))))"
    )
    assert run(seen, folder=tmp_path, environment={"MEDICORE_GIVEN": "yes"}).split() == [b"MEDICORE_GIVEN"]
    with conversation(seen, folder=tmp_path) as (_, answers):
        assert answers.read() == b"\n"
    with conversation(seen, folder=tmp_path, environment={"MEDICORE_ONLY": "yes"}) as (_, answers):
        assert answers.read() == b"MEDICORE_ONLY\n"


def test_a_program_can_be_given_exactly_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone, it sees the given variables and none of this process."""
    monkeypatch.setenv("SEEN_BY_ALL", "yes")
    seen = python("import os; print(*(name for name in os.environ if name != 'LC_CTYPE'))")
    assert run(seen, folder=tmp_path, environment={"OWN": "yes"}, alone=True).split() == [b"OWN"]
    assert b"SEEN_BY_ALL" in run(seen, folder=tmp_path, environment={"OWN": "yes"}).split()


def marked(mark: Path) -> list[int]:
    """Return the processes that have ``mark`` in their environment, once the kernel has ended what was killed."""
    patient_until = time.monotonic() + 60
    while True:
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it ended meanwhile, or is somebody else's
                if f"MARK={mark}".encode() in (place / "environ").read_bytes().split(b"\0"):
                    found.append(int(place.name))
        if not found or time.monotonic() > patient_until:
            return found
        time.sleep(0.05)


def test_a_program_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    """When its time is over the program and its children are killed, and one line says so."""
    hung = ["sh", "-c", "sleep 3600 & sleep 3600 & wait"]
    with pytest.raises(
        TimeLimitError, match=r"^sh -c was stopped because it did not end within 1 s; find out"
    ):
        run(hung, folder=tmp_path, environment={"MARK": str(tmp_path)}, failure=IntegrityError, limit=1)
    assert marked(tmp_path) == []


def test_a_program_that_leaves_children_behind_is_ended_too(tmp_path: Path) -> None:
    """A child that holds the output open after the program's own end is killed when the time is over."""
    left = ["sh", "-c", "sleep 3600 &"]
    with pytest.raises(TimeLimitError):
        run(left, folder=tmp_path, environment={"MARK": str(tmp_path)}, limit=1)
    assert marked(tmp_path) == []


def test_failing_program_is_told_by_its_last_line(tmp_path: Path) -> None:
    """An exit code other than 0 raises the chosen error with the code and the last line printed."""
    code = "import sys; sys.stderr.write('noise\\nno such thing\\n'); sys.exit(3)"
    with pytest.raises(IntegrityError, match=r"-c exited with 3: no such thing$"):
        run(python(code), folder=tmp_path, failure=IntegrityError)


def test_silent_failure_is_told_too(tmp_path: Path) -> None:
    """A program that fails without a word still gives one line."""
    with pytest.raises(ConfigurationError, match=r"exited with 1: no message$"):
        run(python("raise SystemExit(1)"), folder=tmp_path)


def test_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing program is a matter of the installation."""
    with pytest.raises(ConfigurationError, match=r"'no-such-program' is not installed"):
        run(["no-such-program"], folder=tmp_path)


def test_folder_that_is_not_there_is_no_missing_program(tmp_path: Path) -> None:
    """A missing folder is named as such: installing git again would not help."""
    with pytest.raises(ConfigurationError, match=r"folder 'gone' is missing"):
        run(["git", "--version"], folder=tmp_path / "gone")
    with (
        pytest.raises(ConfigurationError, match=r"folder 'gone' is missing"),
        conversation(["git", "cat-file", "--batch"], folder=tmp_path / "gone"),
    ):
        pass  # pragma: no cover - the conversation does not begin


def test_git_works_on_the_folder_it_was_sent_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that a git hook leaves behind do not send our git to another repository."""
    for name in ("hooked", "meant"):
        (tmp_path / name).mkdir()
        git("init", "--quiet", folder=tmp_path / name)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "hooked" / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "hooked" / ".git" / "index"))
    top = run(["git", "rev-parse", "--absolute-git-dir"], folder=tmp_path / "meant")
    assert Path(top.decode().strip()).resolve() == (tmp_path / "meant" / ".git").resolve()
    own = run(
        ["git", "rev-parse", "--git-path", "index"],
        folder=tmp_path / "meant",
        environment={"GIT_INDEX_FILE": "x"},
    )
    assert own.decode().strip() == "x"
