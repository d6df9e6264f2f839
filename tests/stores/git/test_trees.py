"""Trees are written from the objects alone, each held against its name, and nothing is written outside of the folder."""

# ruff: noqa: F401, F811 - pytest passes fixtures by their names

import subprocess
import zlib
from pathlib import Path

import pytest

from medicore.errors import IntegrityError
from medicore.stores.git.code import GitCode
from medicore.stores.git.records import GitRecords
from tests.conftest import git
from tests.stores.git.test_records import TAG, code, records, sealed


def keep(records: GitRecords, kind: str, data: bytes) -> str:
    """Store an object, however odd, and return its name."""
    done = subprocess.run(
        ["git", "hash-object", "-w", "--literally", "-t", kind, "--stdin"],
        cwd=records.folder, input=data, check=True, capture_output=True,
    )  # fmt: skip
    return done.stdout.decode().strip()


def commit_of(records: GitRecords, *entries: tuple[str, str, bytes]) -> str:
    """Return a commit whose tree has entries of mode, name and content, in this order."""
    lines = [
        f"{mode} {name}\0".encode() + bytes.fromhex(keep(records, "blob", data))
        for mode, name, data in entries
    ]
    tree = keep(records, "tree", b"".join(lines))
    who = "a <a@medicore.invalid> 0 +0000"
    return keep(records, "commit", f"tree {tree}\nauthor {who}\ncommitter {who}\n\nodd\n".encode())


def test_files_programs_and_links_are_written_as_they_are(records: GitRecords, tmp_path: Path) -> None:
    """Bytes, the mode of a program and a link within the tree come out; attributes in the tree change nothing."""
    commit = commit_of(
        records,
        ("100644", ".gitattributes", b"* export-ignore export-subst eol=crlf\n"),
        ("120000", "link", b"tool.sh"),
        ("100644", "text", b"$Format:%H$\n"),
        ("100755", "tool.sh", b"#!/bin/sh\n"),
    )
    records.export(commit, tmp_path / "out")
    out = tmp_path / "out"
    assert (out / "text").read_bytes() == b"$Format:%H$\n"
    assert (out / "tool.sh").stat().st_mode & 0o111 == 0o111
    assert (out / "text").stat().st_mode & 0o111 == 0
    assert (out / "link").readlink() == Path("tool.sh")


def test_a_tag_is_as_good_as_a_commit(records: GitRecords, code: GitCode) -> None:
    """A commit may be named by a tag, however long the name is: one of forty letters is no identifier."""
    commit = sealed(records, code.commit())
    tag = "run/A/2025-01/1234567"
    sealed(records, commit, tag, message="again")
    name = f"refs/tags/{tag}^{{commit}}"
    assert len(name) == 40
    assert records.tree(name) == records.tree(str(records.resolve(tag)))


@pytest.mark.parametrize(
    "entries",
    [
        [("120000", "link", b"../outside")],
        [("120000", "link", b"/etc")],
        [("100644", "a", b""), ("120000", "link", b"a/../../outside")],
        [("120000", "here", b"."), ("120000", "link", b"here/../outside")],
        [("100644", "..", b"up")],
        [("100644", ".git", b"gitdir: elsewhere")],
        [("100644", ".GIT.", b"")],
        [("100644", "a/b", b"slash")],
        [("100644", "twice", b"1"), ("100644", "twice", b"2")],
        [("100644", "twice", b"1"), ("120000", "twice", b"elsewhere")],
        [("160000", "module", b"")],
    ],
)
def test_what_is_no_tree_of_files_is_refused(
    records: GitRecords, tmp_path: Path, entries: list[tuple[str, str, bytes]]
) -> None:
    """A name or link that leads out of the folder, a repository within, a name twice or a submodule writes nothing out there."""
    with pytest.raises(IntegrityError):
        records.export(commit_of(records, *entries), tmp_path / "in" / "out")
    assert [path.name for path in (tmp_path / "in").glob("*")] in ([], ["out"])


def test_a_link_that_is_a_folder_too_is_refused(records: GitRecords, tmp_path: Path) -> None:
    """A tree with a link and a folder of one name, through which files would be written elsewhere, is refused."""
    blob = keep(records, "blob", b"planted")
    inner = keep(records, "tree", b"100644 planted\0" + bytes.fromhex(blob))
    outside = keep(records, "blob", b"../outside")
    tree = keep(records, "tree", b"120000 a\0" + bytes.fromhex(outside) + b"40000 a\0" + bytes.fromhex(inner))
    who = "a <a@medicore.invalid> 0 +0000"
    commit = keep(records, "commit", f"tree {tree}\nauthor {who}\ncommitter {who}\n\nodd\n".encode())
    (tmp_path / "outside").mkdir()
    with pytest.raises(IntegrityError, match="has a name twice"):
        records.export(commit, tmp_path / "out")
    assert [*(tmp_path / "outside").iterdir()] == []


def test_an_object_that_is_not_what_its_name_says_is_not_written(
    records: GitRecords, code: GitCode, tmp_path: Path
) -> None:
    """Other bytes under the name of a file, which git itself prints, are refused: no replay runs them."""
    commit = sealed(records, code.commit())
    name = git("rev-parse", f"{commit}:code.py", folder=records.folder)
    path = records.folder / "objects" / name[:2] / name[2:]
    path.chmod(0o644)
    path.write_bytes(zlib.compress(b"blob 9\0print(2)\n"))
    assert git("cat-file", "blob", name, folder=records.folder) == "print(2)"
    with pytest.raises(IntegrityError, match=f"object {name} is missing, or not the blob that its name says"):
        records.export(commit, tmp_path / "out")
    path.write_bytes(b"no zlib")
    with pytest.raises(IntegrityError):
        records.tree(commit)
    assert not (tmp_path / "out").exists()
    assert records.resolve(TAG) == commit
