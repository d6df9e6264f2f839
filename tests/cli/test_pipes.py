"""Who reads our words may leave before the end; folders are private whatever the umask; both as a shell runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from medicore.cli.pipes import READER_LEFT, Streams, flushed

PASSPHRASES = {
    f"MEDICORE_PASSPHRASE_{owner}": f"words of {owner}"
    for owner in ("AUTHORITY", "ANALYST", "REVIEWER", "OPERATOR")
}


def command(home: Path, *arguments: str, **how: object) -> "subprocess.Popen[bytes]":
    """Start a command on a state folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "medicore", *arguments],
        env={**os.environ, **PASSPHRASES, "MEDICORE_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        **how,  # type: ignore[call-overload]
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder that was made where the shell allows everything to everybody."""
    folder = tmp_path_factory.mktemp("open") / "state"
    process = command(folder, "init", stdout=subprocess.PIPE, umask=0)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert b"authority  " in out
    return folder


def test_folders_are_private_under_any_umask(home: Path) -> None:
    """Under umask 000 every folder of the state is still its owner's alone, and no file can be written by another."""
    folders = [home, *(path for path in home.rglob("*") if path.is_dir())]
    assert len(folders) > 10
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
    files = [path for path in home.rglob("*") if path.is_file()]
    assert [path.name for path in files if path.stat().st_mode & 0o022] == []


@pytest.mark.parametrize(
    "arguments",
    [("ledger", "show"), ("ledger", "show", "--json"), ("verify", "--all"), ("people", "list"), ("--help",)],
    ids=" ".join,
)
def test_a_reader_who_leaves_is_no_error(home: Path, arguments: tuple[str, ...]) -> None:
    """A command whose reader has gone ends quietly, with the exit code of SIGPIPE and without a traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    process = command(home, *arguments, stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=300)
    assert (process.returncode, err) == (READER_LEFT, b"")


def test_a_failure_keeps_its_exit_code(home: Path) -> None:
    """What failed is told by its own exit code and on stderr, although nobody reads stdout."""
    reading, writing = os.pipe()
    os.close(reading)
    process = command(home, "verify", "MED-2024-0147/2025-03", stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 3
    assert err.startswith(b"medicore: run 'MED-2024-0147/2025-03' is malformed")


def test_a_pipe_that_is_read_is_none_of_these(monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody reads, no reader has left; once they close, it is seen, and what is written later ends quietly."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        streams = Streams()
        assert not streams.reader_left()
        assert flushed(0) == 0
        os.close(reading)
        assert streams.reader_left()
        stream.write("words")
        assert flushed(0) == READER_LEFT
        assert flushed(6) == 6


def test_a_stream_that_was_replaced_had_lost_its_reader(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where a library sends stdout to nowhere because its reader left, that is seen by the place it then has."""
    with (tmp_path / "words").open("w") as stream, Path(os.devnull).open("w") as nowhere:
        monkeypatch.setattr(sys, "stdout", stream)
        streams = Streams()
        assert not streams.reader_left()
        os.dup2(nowhere.fileno(), stream.fileno())
        assert streams.reader_left()
