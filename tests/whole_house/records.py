"""The record repository in memory: the same commits, trees and tags that git makes, and no process.

``tests/contracts/test_records_contract.py`` holds it and the git repository to one contract.
"""

import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from medicore.errors import IntegrityError
from medicore.ports.records import Records
from medicore.records.export.packing import TreeFile
from medicore.stores.command import run
from medicore.stores.git.code import GitCode
from medicore.stores.git.records import GitRecords
from tests.whole_house.objects import File, GitObject, Objects, bundle_of


class MemoryRecords:
    """Commits and annotated tags.

    ``objects`` and ``named``, the tags, may be damaged by a test, and ``foreign`` be in it.
    """

    def __init__(self) -> None:
        self.objects = Objects()
        self.named: dict[str, str] = {}
        self.foreign = ""
        self._one_at_a_time = threading.Lock()

    def copy(self) -> "MemoryRecords":
        """Return a repository with the same contents."""
        made = MemoryRecords()
        made.objects.update(self.objects)
        made.named.update(self.named)
        return made

    def adopt(self, code: GitCode, commit: str) -> None:
        """Bring a code commit and its history into the repository, from the git checkout of the code."""
        if commit in self.objects:
            return
        listed = run(["git", "rev-list", "--objects", "--no-object-names", commit], folder=code.root)
        stream = run(["git", "cat-file", "--batch"], folder=code.root, data=listed)
        place = 0
        while place < len(stream):
            end = stream.index(b"\n", place)
            _, kind, size = stream[place:end].decode().split()
            self.objects.keep(kind, stream[end + 1 : end + 1 + int(size)])
            place = end + int(size) + 2

    def seal(
        self,
        *,
        parent: str,
        replaced: str,
        files: Mapping[str, bytes],
        tag: str,
        message: str,
        actor: str,
        at: datetime,
    ) -> str:
        """Return the new record commit, tagged, or the same one that is; raise IntegrityError when the tag is on another."""
        tree = {
            name: file
            for name, file in self.objects.files(parent).items()
            if not replaced or not name.startswith(f"{replaced}/")
        }
        tree |= {name: File("100644", self.objects.keep("blob", data)) for name, data in files.items()}
        who = f"{actor} <{actor}@medicore.invalid> {int(at.timestamp())} +0000"
        head = [
            f"tree {self.objects.keep_tree(tree)}",
            f"parent {parent}",
            f"author {who}",
            f"committer {who}",
        ]
        left = self.resolve(tag)
        if left is not None:
            self._require_same(left, tag, head[:2])
            return left
        text = "\n".join([*head, "", message])
        commit = self.objects.keep("commit", f"{text.removesuffix(chr(10))}\n".encode())
        body = f"object {commit}\ntype commit\ntag {tag}\ntagger {who}\n\n{message}\n"
        with self._one_at_a_time:
            if tag in self.named:
                raise IntegrityError(f"tag {tag} exists already; a sealed record is never replaced")
            self.named[tag] = self.objects.keep("tag", body.encode())
        return commit

    def resolve(self, tag: str) -> str | None:
        """Return the commit of a tag, or None."""
        if tag not in self.named:
            return None
        return self.objects.of_kind(self.named[tag], "tag").split(b"\n", 1)[0].decode().split()[1]

    def tags(self, prefix: str) -> tuple[str, ...]:
        """Return the names of all tags below ``prefix``."""
        below = f"{prefix.rstrip('/')}/" if prefix else ""
        return tuple(sorted(tag for tag in self.named if tag.startswith(below)))

    def read(self, commit: str, name: str) -> bytes:
        """Return a file of a commit."""
        return self.objects.of_kind(self._file(commit, name).blob, "blob")

    def names(self, commit: str, folder: str) -> tuple[str, ...]:
        """Return the names of a commit's files below ``folder``, relative to it."""
        below = f"{folder}/"
        return tuple(
            name.removeprefix(below) for name in self.objects.files(commit) if name.startswith(below)
        )

    def export(self, commit: str, target: Path) -> None:
        """Write the tree of a commit into a folder."""
        for name, file in self.objects.files(commit).items():
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.objects.of_kind(file.blob, "blob"))

    def bundle(self, tag: str) -> bytes:
        """Return a git bundle of a tag with its history."""
        return bundle_of(tag, self.named[tag], self.objects.reached(self.named[tag]))

    def check(self, tag: str | None = None) -> None:
        """Raise IntegrityError when an object that the tag reaches, or any tag without one, is damaged."""
        if tag is not None and tag not in self.named:
            raise IntegrityError(f"tag {tag} is not there")
        for name in self.named.values() if tag is None else [self.named[tag]]:
            self.objects.reached(name)

    def require_plain(self) -> None:
        """Raise IntegrityError when something foreign is in it."""
        if self.foreign:
            raise IntegrityError(self.foreign)

    @contextmanager
    def unbundled(self, bundle: bytes, tag: str) -> Iterator[Records]:
        """Yield a repository of nothing but a git bundle, which git makes."""
        with (
            tempfile.TemporaryDirectory() as scratch,
            GitRecords(Path(scratch)).unbundled(bundle, tag) as found,
        ):
            yield found

    @contextmanager
    def reading(self) -> Iterator["MemoryRecords"]:
        """Yield the repository, which is fast as it is."""
        yield self

    def tree(self, commit: str) -> tuple[TreeFile, ...]:
        """Return every file of a commit with its mode."""
        return tuple(
            TreeFile(file.mode, name, self.objects.of_kind(file.blob, "blob"))
            for name, file in self.objects.files(commit).items()
        )

    def commit_object(self, commit: str) -> bytes:
        """Return the bytes of a commit, whose digest is its name."""
        return self.objects.of_kind(commit, "commit")

    def spoil(self, commit: str, name: str, data: bytes) -> None:
        """Put other bytes in the place of a file of a commit, under the same name."""
        self.objects[self._file(commit, name).blob] = GitObject("blob", data)

    def _require_same(self, commit: str, tag: str, head: list[str]) -> None:
        lines = self.commit_object(commit).partition(b"\n\n")[0].decode().splitlines()
        if [line for line in lines if line.startswith(("tree ", "parent "))] != head:
            raise IntegrityError(
                f"tag {tag} exists already, on another record; a sealed record is never replaced"
            )

    def _file(self, commit: str, name: str) -> File:
        files = self.objects.files(commit)
        if name not in files:
            raise IntegrityError(f"commit {commit[:12]} has no file {name!r}")
        return files[name]
