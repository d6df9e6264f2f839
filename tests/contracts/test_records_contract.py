"""What every record repository does, in git or in memory: the same commits, made once, read back, and proved."""

import hashlib
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from medicore.errors import IntegrityError
from medicore.stores.git.code import GitCode
from medicore.stores.git.records import GitRecords
from tests.conftest import git
from tests.whole_house.records import MemoryRecords

FOLDER = "records/REF-NHEFS/2025-01"
TAG = "run/REF-NHEFS/2025-01/1"
AT = datetime(2025, 2, 1, 12, 30, tzinfo=UTC)
FILES = {
    "code.py": "print(1)\n",
    "code/below.py": "print(2)\n",
    "code.d/beside.py": "print(3)\n",
    "params.yaml": "study: none\n",
    f"{FOLDER}/old.json": "{}\n",
    f"{FOLDER}/deep/older.json": "{}\n",
    "records/REF-NHEFS/2024-12/kept.json": "{}\n",
    "tool.sh": "#!/bin/sh\n",
}
Records = GitRecords | MemoryRecords
Spoil = Callable[[str, str, bytes], None]
"""Puts other bytes in the place of a file of a commit, behind the repository's back."""


@pytest.fixture
def code(tmp_path: Path) -> GitCode:
    """Return a checkout with two commits, one file of which is a program."""
    root = tmp_path / "code"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "tool.sh").chmod(0o755)
    git("init", "--quiet", "--initial-branch=main", folder=root)
    git("config", "user.name", "Tester", folder=root)
    git("config", "user.email", "tester@medicore.invalid", folder=root)
    for message in ("Code", "More code"):
        (root / "code.py").write_text(f"# {message}\n")
        git("add", "--all", folder=root)
        git("commit", "--quiet", "--message", message, folder=root)
    return GitCode(root)


@pytest.fixture(params=["git", "memory"])
def records(request: pytest.FixtureRequest, tmp_path: Path, code: GitCode) -> Records:
    """Return a repository that knows the code."""
    made: Records = MemoryRecords()
    if request.param == "git":
        made = GitRecords(tmp_path / "records.git")
        made.create()
    made.adopt(code, code.commit())
    return made


@pytest.fixture
def spoil(records: Records) -> Spoil:
    """Return what damages a stored file."""
    if isinstance(records, MemoryRecords):
        return records.spoil

    def loose(commit: str, name: str, data: bytes) -> None:
        blob = git("rev-parse", f"{commit}:{name}", folder=records.folder)
        path = records.folder / "objects" / blob[:2] / blob[2:]
        path.chmod(0o644)
        path.write_bytes(zlib.compress(b"blob %d\0" % len(data) + data))

    return loose


def sealed(records: Records, parent: str, tag: str = TAG, **changed: Any) -> str:
    """Seal two files, and return the commit."""
    given: dict[str, Any] = {
        "replaced": FOLDER,
        "files": {f"{FOLDER}/results.json": b"\x00\r\n", "params.yaml": b"study: REF-NHEFS\n"},
        "message": "REF-NHEFS 2025-01 run 1: candidate\n\nBody, às nove.",
        "actor": "ana",
        "at": AT.astimezone(timezone(timedelta(hours=13))),
    }
    return records.seal(parent=parent, tag=tag, **{**given, **changed})


def test_a_sealed_record_is_the_commit_that_git_makes(records: Records, code: GitCode) -> None:
    """Tree, parent, actor, moment and message make the commit's name, which is its SHA-1; any store has the same one."""
    commit = sealed(records, code.commit())
    body = records.commit_object(commit)
    assert hashlib.sha1(b"commit %d\0" % len(body) + body, usedforsecurity=False).hexdigest() == commit
    who = f"ana <ana@medicore.invalid> {int(AT.timestamp())} +0000"
    tree, *rest = body.decode().split("\n")
    assert rest == [
        f"parent {code.commit()}", f"author {who}", f"committer {who}", "",
        "REF-NHEFS 2025-01 run 1: candidate", "", "Body, às nove.", "",
    ]  # fmt: skip
    git("read-tree", code.commit(), folder=code.root)
    git("rm", "-r", "--cached", "--quiet", FOLDER, folder=code.root)
    for name, data in ((f"{FOLDER}/results.json", b"\x00\r\n"), ("params.yaml", b"study: REF-NHEFS\n")):
        (code.root / "stored").write_bytes(data)
        blob = git("hash-object", "-w", "stored", folder=code.root)
        git("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}", folder=code.root)
    assert tree == f"tree {git('write-tree', folder=code.root)}"


def test_the_tree_is_the_parents_with_the_files_put_in(records: Records, code: GitCode) -> None:
    """The replaced folder holds the new files alone; all else is as in the parent, to the byte and the mode."""
    commit = sealed(records, code.commit())
    assert records.names(commit, FOLDER) == ("results.json",)
    assert records.names(commit, "code") == ("below.py",)
    assert records.names(commit, "nowhere") == ()
    found = {file.name: (file.mode, file.data) for file in records.tree(commit)}
    before = {file.name: (file.mode, file.data) for file in records.tree(code.commit())}
    kept = {name: file for name, file in before.items() if not name.startswith(f"{FOLDER}/")}
    assert found == {
        **kept,
        f"{FOLDER}/results.json": ("100644", b"\x00\r\n"),
        "params.yaml": ("100644", b"study: REF-NHEFS\n"),
    }
    assert (found["tool.sh"][0], found["code.py"][1]) == ("100755", b"# More code\n")
    assert records.read(commit, "params.yaml") == b"study: REF-NHEFS\n"
    assert [file.name for file in records.tree(commit)] == sorted(found)


def test_a_release_keeps_every_file_of_what_was_sealed(records: Records, code: GitCode) -> None:
    """With nothing replaced the files come beside those of the parent."""
    candidate = sealed(records, code.commit())
    release = sealed(
        records, candidate, "record/REF-NHEFS/2025-01/1", replaced="", files={f"{FOLDER}/deep/1.json": b"{}"}
    )
    assert records.names(release, FOLDER) == ("deep/1.json", "results.json")
    assert records.commit_object(release).split(b"\n")[1] == f"parent {candidate}".encode()


def test_the_tag_is_made_once_and_found_by_its_whole_name(records: Records, code: GitCode) -> None:
    """Another record under a tag that exists is refused and the tag stays; no beginning of its name finds it."""
    first = sealed(records, code.commit())
    other = {f"{FOLDER}/results.json": b"{}\n"}
    for change in ({"files": other}, {"parent": first}):
        with pytest.raises(IntegrityError, match=f"tag {TAG} exists already, on another record"):
            sealed(records, **{"parent": code.commit(), **change})
    assert records.resolve(TAG) == first
    assert records.resolve(TAG.removesuffix("/1")) is records.resolve(f"{TAG}0") is None


def test_the_same_record_again_is_the_commit_that_is_there(records: Records, code: GitCode) -> None:
    """The same files on the same parent under the same tag are the commit of the first time, whoever seals when (FAULTS 65)."""
    first = sealed(records, code.commit())
    assert sealed(records, code.commit(), message="Another", at=AT + timedelta(hours=1)) == first
    assert records.resolve(TAG) == first


def test_one_of_several_at_once_gets_the_tag(records: Records, code: GitCode) -> None:
    """When several seal under one tag at the same time, exactly one does."""
    parent = code.commit()

    def attempt(number: int) -> str | None:
        try:
            return sealed(records, parent, files={f"{FOLDER}/results.json": b"%d" % number})
        except IntegrityError:
            return None

    with ThreadPoolExecutor(4) as pool:
        made = [commit for commit in pool.map(attempt, range(4)) if commit]
    assert made == [records.resolve(TAG)]


def test_code_is_adopted_with_its_history_and_once(records: Records, code: GitCode, tmp_path: Path) -> None:
    """The code commit can be read and written out, and adopting it again changes nothing."""
    commit = code.commit()
    records.adopt(code, commit)
    records.export(commit, tmp_path / "out")
    assert (tmp_path / "out" / "code" / "below.py").read_text() == FILES["code/below.py"]
    assert (tmp_path / "out" / FOLDER / "deep" / "older.json").is_file()
    parent = records.commit_object(commit).decode().split("\n")[1].removeprefix("parent ")
    assert records.read(parent, "code.py") == b"# Code\n"


def test_what_is_not_there_is_an_integrity_error(records: Records, code: GitCode) -> None:
    """A file, a commit or a parent that the repository lacks is said so, and makes no tag."""
    for ask in (
        lambda: records.read(code.commit(), "no/such/file"),
        lambda: records.read(code.commit(), "code"),
        lambda: records.names("0" * 40, FOLDER),
        lambda: records.tree("0" * 40),
        lambda: records.commit_object("0" * 40),
        lambda: sealed(records, "1" * 40),
    ):
        with pytest.raises(IntegrityError):
            ask()
    assert records.resolve(TAG) is None


def test_a_sound_record_passes_its_check_and_a_damaged_one_fails(
    records: Records, code: GitCode, spoil: Spoil
) -> None:
    """A stored file that is not what its name says fails the check of the tag that reaches it, and of all."""
    commit = sealed(records, code.commit())
    records.check(TAG)
    records.check()
    with pytest.raises(IntegrityError):
        records.check("run/none")
    spoil(commit, f"{FOLDER}/results.json", b"\x01\r\n")
    with records.reading() as reading:
        for check in (records.check, reading.check):
            with pytest.raises(IntegrityError):
                check(TAG)
            with pytest.raises(IntegrityError):
                check()


def test_the_bundle_holds_the_record_and_its_history(records: Records, code: GitCode, tmp_path: Path) -> None:
    """From the bundle alone git makes a sound clone with the record, the code and the history."""
    commit = sealed(records, code.commit())
    (tmp_path / "record.bundle").write_bytes(records.bundle(TAG))
    git("clone", "--quiet", "--branch", TAG, "record.bundle", "clone", folder=tmp_path)
    clone = tmp_path / "clone"
    assert git("rev-parse", "HEAD", "HEAD^", folder=clone).split() == [commit, code.commit()]
    assert len(git("log", "--format=%H", folder=clone).split()) == 3
    assert git("cat-file", "-t", f"refs/tags/{TAG}", folder=clone) == "tag"
    git("fsck", "--full", "--strict", folder=clone)
    assert (clone / FOLDER / "results.json").read_bytes() == b"\x00\r\n"
    assert (clone / "tool.sh").stat().st_mode & 0o100


def test_reading_answers_as_the_repository_does(records: Records, code: GitCode) -> None:
    """Someone who reads much sees the same tags, names and files, those sealed meanwhile among them."""
    commit = sealed(records, code.commit())
    with records.reading() as reading:
        assert reading.names(commit, FOLDER) == records.names(commit, FOLDER)
        assert reading.read(commit, "code/below.py") == records.read(commit, "code/below.py")
        later = sealed(records, commit, f"{TAG}.2", message="again")
        assert (reading.resolve(TAG), reading.resolve(f"{TAG}.2")) == (commit, later)
        assert reading.resolve("run/none") is None
        with pytest.raises(IntegrityError):
            reading.read(commit, "no/such/file")
