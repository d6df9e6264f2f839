"""Trees of commits, read object by object and written unchanged: no attribute, filter or substitute has an effect.

Every object is compared with its name, which is its SHA-1, so the tree that is read is the one that its commit names.
"""

import hashlib
import io
import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from medicore.errors import IntegrityError
from medicore.records.export.packing import TreeFile
from medicore.stores.git.calling import git, git_conversation

FOLDER, SUBMODULE = b"40000", b"160000"
_IDENTIFIER = re.compile("[0-9a-f]{40}")
_LINK = "120000"
_MODES = {b"100644": "100644", b"100664": "100644", b"100755": "100755", b"120000": _LINK}


def tree_of(repository: Path, commit: str) -> tuple[TreeFile, ...]:
    """Return every file of a commit with its mode, in git's order.

    Raises
    ------
    IntegrityError
        When an object is missing, differs from its name, or has a name or kind that no file can have.
    """
    with git_conversation("cat-file", "--batch", folder=repository) as pipes:
        objects = _Objects(*pipes)
        head = objects.read(commit, "commit").partition(b"\n")[0].decode(errors="replace").split()
        if len(head) != 2 or head[0] != "tree":
            raise IntegrityError(f"commit {commit[:12]} names no tree; restore it from the archive")
        listed = tuple(objects.below(head[1], ""))
    names = {name for _, name, _ in listed}
    folders = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    if len(names) != len(listed) or names & folders:
        raise IntegrityError(
            f"the tree of commit {commit[:12]} has a name twice; restore it from the archive"
        )
    # All files are requested at once: waiting for each answer would take ten times as long.
    wanted = "".join(f"{identifier}\n" for _, _, identifier in listed).encode()
    answers = git("cat-file", "--batch", folder=repository, data=wanted, failure=IntegrityError)
    objects = _Objects(io.BytesIO(), io.BytesIO(answers))
    return tuple(TreeFile(mode, name, objects.read(identifier, "blob")) for mode, name, identifier in listed)


def write_tree(repository: Path, commit: str, target: Path) -> None:
    """Write the tree of a commit of ``repository`` into the folder ``target``; raise IntegrityError as above."""
    files = tree_of(repository, commit)
    target.mkdir(parents=True, exist_ok=True)
    links = [file for file in files if file.mode == _LINK]
    for file in files:
        if file.mode != _LINK:
            path = target / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
            if file.mode == "100755":
                path.chmod(path.stat().st_mode | 0o111)
    for link in links:  # links come last, so that no file is written through one
        to = PurePosixPath(os.fsdecode(link.data))
        if not _stays_within(PurePosixPath(link.name), to):
            raise IntegrityError(f"link {link.name[:80]!r} of commit {commit[:12]} leads out of its tree")
        path = target / link.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(to)


def _stays_within(link: PurePosixPath, to: PurePosixPath) -> bool:
    """Return whether a link stays in its tree, whatever other links are on its path: it goes up first, then only down."""
    up = sum(1 for _ in itertools.takewhile(lambda part: part == "..", to.parts))
    return not to.is_absolute() and up < len(link.parts) and ".." not in to.parts[up:]


class _Objects:
    """The objects that one git process returns, each compared with its name."""

    def __init__(self, asked: IO[bytes], answers: IO[bytes]) -> None:
        self._asked = asked
        self._answers = answers

    def read(self, name: str, kind: str) -> bytes:
        """Return the bytes of an object of this kind."""
        try:
            self._asked.write(f"{name}\n".encode())
            self._asked.flush()
            found, is_kind, size = (*self._answers.readline().decode(errors="replace").split(), "", "")[:3]
            data = self._answers.read(int(size) + 1)[:-1] if size.isdigit() else b""
        except OSError as error:  # git ends at an object that it cannot read
            raise IntegrityError(f"object {name[:60]} cannot be read; restore it from the archive") from error
        if (
            is_kind != kind
            or (_IDENTIFIER.fullmatch(name) and name != found)
            or object_name(kind, data) != found
        ):
            raise IntegrityError(
                f"object {name[:60]} is missing, or not the {kind} that its name says; restore it from the archive"
            )
        return data

    def below(self, tree: str, folder: str) -> Iterator[tuple[str, str, str]]:
        """Yield mode, name and identifier of every file below the tree of ``folder``."""
        data = self.read(tree, "tree")
        try:
            listed = list(entries(data))
        except ValueError as error:
            raise IntegrityError(
                f"tree {tree} has a line that git does not write; restore it from the archive"
            ) from error
        for mode, name, identifier in listed:
            whole = f"{folder}{os.fsdecode(name)}"
            if not _can_be_written(name) or (mode != FOLDER and mode not in _MODES):
                raise IntegrityError(
                    f"{whole[:80]!r} in tree {tree[:12]} is neither file, link nor folder of a record"
                )
            if mode == FOLDER:
                yield from self.below(identifier, f"{whole}/")
            else:
                yield _MODES[mode], whole, identifier


def entries(tree: bytes) -> Iterator[tuple[bytes, bytes, str]]:
    """Yield mode, name and identifier of each entry of a tree; raise ValueError at an entry that is cut short."""
    place = 0
    while place < len(tree):
        blank, end = tree.index(b" ", place), tree.index(b"\0", place)
        yield tree[place:blank], tree[blank + 1 : end], tree[end + 1 : end + 21].hex()
        place = end + 21


def object_name(kind: str, data: bytes) -> str:
    """Return the SHA-1 by which git names an object."""
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


def _can_be_written(name: bytes) -> bool:
    """Return whether a folder can contain an entry of this name, and the name cannot begin a repository in the record."""
    return name not in {b"", b".", b".."} and b"/" not in name and name.lower().rstrip(b". ") != b".git"
