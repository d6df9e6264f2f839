"""Reading much of the record repository: the same answers by one process, and damage laid at the right door."""

# ruff: noqa: F401, F811 - pytest passes fixtures by their names

import contextlib
import hashlib
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError, IntegrityError
from medicore.stores.git.code import GitCode
from medicore.stores.git.records import GitRecords
from tests.conftest import git
from tests.stores.git.test_records import FOLDER, TAG, code, records, sealed

SECOND = "run/REF-NHEFS/2025-01/2"
OTHER = {f"{FOLDER}/results.json": b"other\n", f"{FOLDER}/deep/down/below.json": b"{}\n"}


@pytest.fixture
def commits(records: GitRecords, code: GitCode) -> tuple[str, str]:
    """Two records of one code."""
    return sealed(records, code.commit()), sealed(records, code.commit(), SECOND, files=OTHER)


def blob(data: bytes) -> str:
    """Return the name that git gives to a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@contextmanager
def damaged(records: GitRecords, name: str, *, missing: bool = False) -> Iterator[None]:
    """Damage one loose object, or take it away."""
    path: Path = records.folder / "objects" / name[:2] / name[2:]
    data = path.read_bytes()
    path.chmod(0o644)
    path.unlink()
    if not missing:
        path.write_bytes(data[:-6] + bytes(byte ^ 0xFF for byte in data[-6:]))
    try:
        yield
    finally:
        path.write_bytes(data)


def test_answers_are_those_of_single_questions(records: GitRecords, commits: tuple[str, str]) -> None:
    """Files, names and tags come as a process for each gives them, in its order."""
    with records.reading() as reading:
        for commit in commits:
            assert reading.names(commit, FOLDER) == records.names(commit, FOLDER)
            assert reading.names(commit, "records") == records.names(commit, "records")
            for name in records.names(commit, FOLDER):
                assert reading.read(commit, f"{FOLDER}/{name}") == records.read(commit, f"{FOLDER}/{name}")
        assert [reading.resolve(tag) for tag in (TAG, SECOND, "run/none")] == [*commits, None]
        assert reading.names(commits[0], "nowhere") == ()
        for tag in (TAG, SECOND):
            reading.check(tag)
        reading.check()


@pytest.mark.parametrize("name", [f"{FOLDER}/none.json", FOLDER, "two\nlines", "é ü", "HEAD:x"])
def test_what_is_no_file_is_refused_in_the_same_words(
    records: GitRecords,
    commits: tuple[str, str],
    name: str,
) -> None:
    """A name that is no file of the commit is refused as by a question of its own, and the next is answered."""
    with pytest.raises(IntegrityError) as alone:
        records.read(commits[0], name)
    with records.reading() as reading:
        with pytest.raises(IntegrityError) as among:
            reading.read(commits[0], name)
        assert str(among.value) == str(alone.value)
        assert reading.read(commits[1], f"{FOLDER}/results.json") == b"other\n"


@pytest.mark.parametrize("missing", [False, True])
def test_damage_is_found_in_the_records_that_reach_it(
    records: GitRecords,
    commits: tuple[str, str],
    missing: bool,
) -> None:
    """A damaged file fails the record that holds it, in whatever order they are asked for, and no other."""
    with damaged(records, blob(b"other\n"), missing=missing):
        for order in ((0, 1, 0, 1), (1, 0, 1, 0)):
            with records.reading() as reading:
                for place in order:
                    if place == 0:
                        reading.check(TAG)
                        continue
                    with pytest.raises(IntegrityError, match=blob(b"other\n")):
                        reading.check(SECOND)
                    with pytest.raises(IntegrityError):
                        reading.read(commits[1], f"{FOLDER}/results.json")
                with pytest.raises(IntegrityError):
                    reading.check()
    records.check()


@pytest.mark.usefixtures("commits")
def test_damage_of_what_records_share_fails_each(records: GitRecords) -> None:
    """A file of the code that every record holds fails every record, though each object is read once."""
    with damaged(records, blob(b"print(1)\n")), records.reading() as reading:
        for tag in (TAG, SECOND, TAG, SECOND):
            with pytest.raises(IntegrityError, match=blob(b"print(1)\n")):
                reading.check(tag)


def test_a_damaged_folder_is_no_empty_one(records: GitRecords, commits: tuple[str, str]) -> None:
    """When a folder of a record cannot be read, its names are an error and not fewer."""
    tree = git("rev-parse", f"{commits[1]}:{FOLDER}/deep", folder=records.folder)
    with damaged(records, tree), records.reading() as reading, pytest.raises(IntegrityError):
        reading.names(commits[1], FOLDER)


def test_a_damaged_tag_hides_no_other(records: GitRecords, commits: tuple[str, str]) -> None:
    """Where one tag object is damaged, it is an error, and the others are still found."""
    tag = git("rev-parse", f"refs/tags/{SECOND}", folder=records.folder)
    with damaged(records, tag), records.reading() as reading:
        assert reading.resolve(TAG) == commits[0]
        with pytest.raises(IntegrityError):
            reading.resolve(SECOND)
        with pytest.raises(IntegrityError):
            reading.check(SECOND)


def test_what_comes_later_is_answered_too(records: GitRecords, code: GitCode) -> None:
    """A record that is sealed while someone reads is found by its tag and read."""
    with records.reading() as reading:
        assert reading.resolve(TAG) is None
        commit = sealed(records, code.commit())
        assert reading.resolve(TAG) == commit
        reading.check(TAG)
        assert reading.read(commit, f"{FOLDER}/results.json") == b"\x00\r\n"


def readers() -> list[int]:
    """Return the git processes that this one talks to."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            parent = (place / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and b"cat-file\0--batch" in (place / "cmdline").read_bytes():
                found.append(int(place.name))
    return found


def kill_readers() -> int:
    """Kill the git processes that this one talks to, wait until they have ended, and return how many there were.

    A process that was just started has no command line for a moment, so they are looked for until there is one.
    """
    end = time.monotonic() + 30
    while not (found := readers()) and time.monotonic() < end:
        time.sleep(0.001)
    for process in found:
        os.kill(process, signal.SIGKILL)
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    return len(found)


def test_a_git_that_was_killed_is_started_again(records: GitRecords, commits: tuple[str, str]) -> None:
    """A reading whose git was killed reads on, and takes no sound record for a damaged one."""
    with records.reading() as reading:
        for _ in range(2):
            assert kill_readers() == 1
            assert reading.read(commits[1], f"{FOLDER}/results.json") == b"other\n"
        assert kill_readers() == 1
        reading.check(SECOND)
        assert kill_readers() == 1
        assert reading.names(commits[1], FOLDER) == records.names(commits[1], FOLDER)


def test_a_git_that_cannot_be_started_again_is_told(
    records: GitRecords, commits: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where git is gone as well, the error is one of ours at each question, until git is back."""
    with records.reading() as reading:
        with monkeypatch.context() as without:
            without.setenv("PATH", str(tmp_path / "empty"))
            kill_readers()
            for _ in range(2):
                with pytest.raises(ConfigurationError, match="'git' is not installed"):
                    reading.read(commits[1], f"{FOLDER}/results.json")
        assert reading.read(commits[1], f"{FOLDER}/results.json") == b"other\n"
