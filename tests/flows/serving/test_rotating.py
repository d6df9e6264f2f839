"""A log that has grown is emptied while its process writes on, and the last parts of it stay."""

import os
from pathlib import Path

import pytest

from flows.serving import attended
from flows.serving.attended import Attended
from flows.serving.rotating import KEPT, rotate


def test_the_last_parts_of_a_log_stay(tmp_path: Path) -> None:
    """Each time the log is too long it becomes the first part, and the oldest part goes; its writer writes on at the top."""
    log = tmp_path / "worker.log"
    with log.open("ab", buffering=0) as writer:
        for number in range(KEPT + 3):
            writer.write(f"part {number}, and more\n".encode())
            assert rotate(log, 10)
            assert log.read_bytes() == b""
        writer.write(b"end\n")
    assert not rotate(log, 10)
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {"worker.log": "end\n"} | {
        f"worker.log.{place}": f"part {KEPT + 3 - place}, and more\n" for place in range(1, KEPT + 1)
    }


def test_a_log_that_cannot_be_kept_ends_nothing(tmp_path: Path) -> None:
    """A missing log, and one whose parts cannot be written, are left as they are."""
    assert not rotate(tmp_path / "none.log", 0)
    log = tmp_path / "worker.log"
    log.write_text("words")
    (tmp_path / "worker.log.2").write_text("earlier words")
    (tmp_path / "worker.log.3").mkdir()
    assert not rotate(log, 1)
    assert log.read_text() == "words"


def test_an_attended_process_has_its_log_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is attended its log stays short, and nothing is said about that."""
    monkeypatch.setattr(attended, "rotate", lambda log: rotate(log, 10))
    log = tmp_path / "words.log"
    log.write_text("words of an earlier process\n")
    process = Attended("the worker", ["sleep", "60"], log, tmp_path, dict(os.environ))
    assert (process.attend(), log.read_text()) == ("", "")
    process.stop()
    assert (tmp_path / "words.log.1").read_text() == "words of an earlier process\n"
