"""Code and records travel as packs, of which every object and every link is proved, and never by a transport."""

# ruff: noqa: F401, F811 - pytest passes fixtures by their names

import os
import shutil
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError, IntegrityError
from medicore.stores.git.code import GitCode
from medicore.stores.git.records import GitRecords
from tests.conftest import git
from tests.record_attacks import Ground, graft
from tests.stores.git.test_records import FOLDER, TAG, code, records, sealed

COUNT = ("count-objects", "-v")


def more(code: GitCode, files: int = 1) -> str:
    """Commit more code and return the commit."""
    for number in range(files):
        (code.root / f"more{number}.py").write_text(f"print({number}, {files})\n")
    git("add", "--all", folder=code.root)
    git("commit", "--quiet", "--message", f"{files} more", folder=code.root)
    return git("rev-parse", "HEAD", folder=code.root)


@pytest.mark.parametrize("files", [1, 150])
def test_only_what_is_missing_is_copied(records: GitRecords, code: GitCode, files: int) -> None:
    """Code that comes later brings its own objects alone, few or many, and is whole."""
    before = objects(records)
    commit = more(code, files)
    records.adopt(code, commit)
    assert objects(records) - before == files + 2
    sealed(records, commit)
    records.check(TAG)


def objects(records: GitRecords) -> int:
    """Return how many objects the repository stores, those stored twice counted twice."""
    said = dict(line.split(": ") for line in git(*COUNT, folder=records.folder).splitlines())
    return int(said["count"]) + int(said["in-pack"])


def test_code_of_a_partial_clone_comes_whole(code: GitCode, tmp_path: Path) -> None:
    """A clone that fetches files as they are needed, as Prefect makes it, gives the whole history all the same."""
    (code.root / "code.py").write_text("print(2)\n")
    commit = more(code)
    git("config", "uploadpack.allowFilter", "true", folder=code.root)
    git("clone", "--quiet", "--filter=blob:none", f"file://{code.root}", "partial", folder=tmp_path)
    partial, records = GitCode(tmp_path / "partial"), GitRecords(tmp_path / "new.git")
    missing = git("rev-list", "--objects", "--missing=print", commit, folder=partial.root)
    assert "?" in missing
    records.create()
    records.adopt(partial, commit)
    assert records.read(f"{commit}^", "code.py") == b"print(1)\n"
    records.check()
    records.require_plain()


def test_code_without_its_history_is_refused(code: GitCode, tmp_path: Path) -> None:
    """A shallow clone cannot give the history of its code, which is said in one line, and nothing is named by it."""
    commit = more(code)
    git("clone", "--quiet", "--depth=1", f"file://{code.root}", "shallow", folder=tmp_path)
    records = GitRecords(tmp_path / "new.git")
    records.create()
    with pytest.raises(ConfigurationError, match=r"cannot be copied .* with its whole history") as refused:
        records.adopt(GitCode(tmp_path / "shallow"), commit)
    assert "\n" not in str(refused.value)
    assert git("for-each-ref", folder=records.folder) == ""


def test_a_disk_without_room_for_the_code_is_told(
    code: GitCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where git finds no room for the code, the message asks for room, and says nothing against the clone (FAULTS 64)."""
    full = tmp_path / "bin" / "git"
    full.parent.mkdir()
    full.write_text(
        '#!/bin/sh\ncase "$*" in *index-pack*|*unpack-objects*) echo "fatal: write error: No space left on device" >&2; exit 128;; esac\n'
        f'exec "{shutil.which("git")}" "$@"\n'
    )
    full.chmod(0o755)
    records = GitRecords(tmp_path / "new.git")
    records.create()
    with monkeypatch.context() as patched:
        patched.setenv("PATH", str(full.parent), prepend=os.pathsep)
        with pytest.raises(
            ConfigurationError, match=r"cannot be written \(.*No space.*\); make room, then run"
        ) as refused:
            records.adopt(code, code.commit())
    assert "clone" not in str(refused.value)
    records.adopt(code, code.commit())


def test_a_bundle_gives_the_record_alone(records: GitRecords, code: GitCode) -> None:
    """What is unbundled holds the tag, the record and its history, and git clones it too."""
    commit = sealed(records, code.commit())
    sealed(records, code.commit(), f"{TAG}.2", message="another")
    with records.unbundled(records.bundle(TAG), TAG) as clone:
        assert (clone.resolve(TAG), clone.resolve(f"{TAG}.2")) == (commit, None)
        clone.check(TAG)
        assert clone.names(commit, FOLDER) == ("results.json",)


def test_a_bundle_that_lacks_a_part_is_refused(records: GitRecords, code: GitCode, tmp_path: Path) -> None:
    """A bundle made under a graft, on top of other commits, without the tag, cut short or with a flipped byte is refused."""
    commit = sealed(records, code.commit())
    whole = records.bundle(TAG)
    path = tmp_path / "x.bundle"
    git(
        "bundle",
        "create",
        "--quiet",
        str(path),
        f"refs/tags/{TAG}",
        f"^{code.commit()}",
        folder=records.folder,
    )
    thin = path.read_bytes()
    graft(Ground(records.folder, commit, "", tmp_path))
    git("bundle", "create", "--quiet", str(path), f"refs/tags/{TAG}", folder=records.folder)
    grafted = path.read_bytes()
    assert len(grafted) < len(whole)
    flipped = bytearray(whole)
    flipped[-40] ^= 1
    for bad in (thin, grafted, whole[:-30], bytes(flipped), b"", whole.replace(b"v2", b"v9", 1)):
        with pytest.raises(IntegrityError), records.unbundled(bad, TAG):
            pass  # pragma: no cover - it does not open
    with pytest.raises(IntegrityError, match=r"has no tag other"), records.unbundled(whole, "other"):
        pass  # pragma: no cover
    assert records.bundle(TAG) == whole
