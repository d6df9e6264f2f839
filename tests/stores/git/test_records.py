"""Records are commits whose tags are made once, in a bare repository that has no work tree."""

import hashlib
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from medicore.errors import IntegrityError
from medicore.stores.git.code import GitCode
from medicore.stores.git.records import GitRecords
from tests.conftest import git

FOLDER = "records/REF-NHEFS/2025-01"
TAG = "run/REF-NHEFS/2025-01/1"
AT = datetime(2025, 2, 1, 12, 30, tzinfo=UTC)
FILES = {
    ".gitattributes": "*.bin -text\n",
    "code.py": "print(1)\n",
    "params.yaml": "study: none\n",
    f"{FOLDER}/old.json": "{}\n",
    f"{FOLDER}/deep/older.json": "{}\n",
    "records/REF-NHEFS/2024-12/kept.json": "{}\n",
}


@pytest.fixture
def code(tmp_path: Path) -> GitCode:
    """Return a checkout with one commit."""
    root = tmp_path / "code"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git("init", "--quiet", "--initial-branch=main", folder=root)
    git("config", "user.name", "Tester", folder=root)
    git("config", "user.email", "tester@medicore.invalid", folder=root)
    git("add", "--all", folder=root)
    git("commit", "--quiet", "--message", "Code", folder=root)
    return GitCode(root)


@pytest.fixture
def records(tmp_path: Path, code: GitCode) -> GitRecords:
    """Return a record repository that knows the code."""
    made = GitRecords(tmp_path / "records.git")
    made.create()
    made.adopt(code, code.commit())
    return made


def sealed(records: GitRecords, parent: str, tag: str = TAG, **changed: Any) -> str:
    """Seal two files, and return the commit."""
    given: dict[str, Any] = {
        "replaced": FOLDER,
        "files": {f"{FOLDER}/results.json": b"\x00\r\n", "params.yaml": b"study: REF-NHEFS\n"},
        "message": "REF-NHEFS 2025-01 run 1: candidate\n\nBody, às nove.",
        "actor": "ana",
        "at": AT,
    }
    return records.seal(parent=parent, tag=tag, **{**given, **changed})


def test_tree_is_the_parents_with_the_files_put_in(records: GitRecords, code: GitCode) -> None:
    """The replaced folder holds the new files alone; everything else is as in the parent, to the byte."""
    parent = code.commit()
    commit = sealed(records, parent)
    assert records.parent(commit) == parent
    listed = git("ls-tree", "-r", "--name-only", commit, folder=records.folder).split()
    expected = {name for name in FILES if not name.startswith(f"{FOLDER}/")} | {f"{FOLDER}/results.json"}
    assert set(listed) == expected
    assert records.read(commit, f"{FOLDER}/results.json") == b"\x00\r\n"
    assert records.read(commit, "params.yaml") == b"study: REF-NHEFS\n"
    assert records.read(commit, "code.py") == FILES["code.py"].encode()
    assert records.names(commit, FOLDER) == ("results.json",)


def test_empty_replaced_keeps_every_file(records: GitRecords, code: GitCode) -> None:
    """A release adds its files to the candidate's tree."""
    candidate = sealed(records, code.commit())
    signature = {f"{FOLDER}/signatures/1.json": b"{}"}
    release = sealed(records, candidate, "release/REF-NHEFS/2025-01/1", replaced="", files=signature)
    assert records.names(release, FOLDER) == ("results.json", "signatures/1.json")


def test_identity_and_time_are_the_given_ones(
    records: GitRecords, code: GitCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Author, committer and tagger are the actor at the given moment, whatever git is configured to say."""
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody Else")
    local = AT.astimezone(timezone(timedelta(hours=13)))
    commit = sealed(records, code.commit(), at=local)
    expected = f"ana <ana@medicore.invalid> {int(AT.timestamp())} +0000"
    stored = git("cat-file", "commit", commit, folder=records.folder)
    assert f"author {expected}\ncommitter {expected}\n" in stored
    assert stored.endswith("\n\nREF-NHEFS 2025-01 run 1: candidate\n\nBody, às nove.")
    tag = git("cat-file", "tag", f"refs/tags/{TAG}", folder=records.folder)
    assert tag.startswith(f"object {commit}\ntype commit\ntag {TAG}\ntagger {expected}\n")


def test_same_record_is_the_same_commit(records: GitRecords, code: GitCode) -> None:
    """The same parent, files, words, actor and time give the same commit."""
    assert sealed(records, code.commit()) == sealed(records, code.commit(), "run/REF-NHEFS/2025-01/2")


def test_eight_studies_may_seal_at_once(records: GitRecords, code: GitCode) -> None:
    """Sealing different tags at the same time all succeeds, each with its own files."""
    parent = code.commit()
    tags = [f"run/TEST-{number}/2025-01/1" for number in range(8)]

    def seal_one(tag: str) -> str:
        return sealed(records, parent, tag, files={f"{FOLDER}/tag.txt": tag.encode()}, message=tag)

    with ThreadPoolExecutor(8) as pool:
        commits = list(pool.map(seal_one, tags))
    assert [records.resolve(tag) for tag in tags] == commits
    assert [records.read(commit, f"{FOLDER}/tag.txt").decode() for commit in commits] == tags
    assert set(records.tags("run")) == set(tags)
    for tag in tags:
        records.check(tag)
    records.check()


def test_nothing_but_objects_and_tags_is_touched(records: GitRecords, code: GitCode) -> None:
    """Neither the checkout, its index, nor an index or work tree of the record repository is written."""
    index = (code.root / ".git" / "index").read_bytes()
    sealed(records, code.commit())
    assert (code.root / ".git" / "index").read_bytes() == index
    assert git("status", "--porcelain", folder=code.root) == ""
    assert not (records.folder / "index").exists()
    assert not (records.folder / "records").exists()
    branches = git("for-each-ref", "--format=%(refname)", "refs/heads", folder=records.folder)
    assert branches == ""


def test_tags_are_found_by_their_whole_name(records: GitRecords, code: GitCode) -> None:
    """A tag is not found by the beginning of its name, and a folder of tags lists what is in it."""
    commit = sealed(records, code.commit())
    assert records.resolve("run/REF-NHEFS/2025-01/2") is None
    assert records.resolve("run/REF-NHEFS/2025-01") is None
    assert records.tags("run/REF-NHEFS/2025-01") == records.tags("run/REF-NHEFS/2025-01/") == (TAG,)
    assert records.tags("run/REF-NHEFS/2025-0") == ()
    assert records.resolve(TAG) == commit


def test_code_is_adopted_once(records: GitRecords, code: GitCode, tmp_path: Path) -> None:
    """The code commit arrives with its history, adopting it again changes nothing, creating again neither."""
    commit = code.commit()
    records.create()
    records.adopt(code, commit)
    assert git("rev-parse", f"refs/code/{commit}", folder=records.folder) == commit
    records.export(commit, tmp_path / "out")
    assert (tmp_path / "out" / "code.py").read_text() == FILES["code.py"]


def test_what_is_not_there_is_an_integrity_error(records: GitRecords, code: GitCode) -> None:
    """A file, a commit or a parent that the repository lacks is said so, in one line."""
    with pytest.raises(IntegrityError, match="git cat-file exited with 128"):
        records.read(code.commit(), "no/such/file")
    with pytest.raises(IntegrityError, match="git ls-tree exited with 128"):
        records.names("0" * 40, FOLDER)
    with pytest.raises(IntegrityError, match="git rev-parse exited with 128"):
        records.parent(code.commit())
    with pytest.raises(IntegrityError):
        sealed(records, "1" * 40)
    assert records.resolve(TAG) is None


def loose(records: GitRecords, name: str) -> Path:
    """Return the file of a loose object, made writable."""
    path = records.folder / "objects" / name[:2] / name[2:]
    path.chmod(0o644)
    return path


def test_check_passes_a_sound_record_and_catches_a_damaged_one(records: GitRecords, code: GitCode) -> None:
    """An object that is not what its name says, is cut short, or is gone, fails the check."""
    commit = sealed(records, code.commit())
    records.check(TAG)
    path = loose(records, git("rev-parse", f"{commit}:{FOLDER}/results.json", folder=records.folder))
    whole = path.read_bytes()
    for damaged in (zlib.compress(b"blob 3\0\x01\r\n"), whole[:-4], None):
        if damaged is None:
            path.unlink()
        else:
            path.write_bytes(damaged)
        with pytest.raises(IntegrityError, match="git fsck exited with"):
            records.check(TAG)
    path.write_bytes(whole)
    records.check(TAG)


def test_bundle_holds_the_record_and_its_history(records: GitRecords, code: GitCode, tmp_path: Path) -> None:
    """From the bundle alone git makes a clone with the record, the code and the history."""
    commit = sealed(records, code.commit())
    (tmp_path / "code.bundle").write_bytes(records.bundle(TAG))
    git("clone", "--quiet", "--branch", TAG, "code.bundle", "clone", folder=tmp_path)
    clone = tmp_path / "clone"
    assert git("rev-parse", "HEAD", folder=clone) == commit
    assert git("rev-parse", "HEAD^", folder=clone) == code.commit()
    assert (clone / FOLDER / "results.json").read_bytes() == b"\x00\r\n"
    assert (clone / "code.py").read_text() == FILES["code.py"]


def test_tree_and_commit_are_what_git_names(code: GitCode, records: GitRecords) -> None:
    """The files with modes, and the commit's bytes, are those whose names git computes."""
    commit = code.commit()
    files = {file.name: file for file in records.tree(commit)}
    assert {name: file.data.decode() for name, file in files.items()} == FILES
    assert {file.mode for file in files.values()} == {"100644"}
    body = records.commit_object(commit)
    assert hashlib.sha1(b"commit %d\0" % len(body) + body, usedforsecurity=False).hexdigest() == commit


def test_code_is_adopted_by_all_at_once(tmp_path: Path, code: GitCode) -> None:
    """Eight runs that seal the first record of a commit at the same moment all have its code."""
    for attempt in range(5):
        made = GitRecords(tmp_path / f"{attempt}.git")
        made.create()
        together = Barrier(8)

        def adopt(made: GitRecords = made, together: Barrier = together) -> None:
            together.wait()
            made.adopt(code, code.commit())

        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(adopt) for _ in range(8)]:
                done.result()
        assert made.names(code.commit(), FOLDER)
        assert git("rev-parse", f"refs/code/{code.commit()}", folder=made.folder) == code.commit()
