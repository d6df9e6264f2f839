"""The ports to the record repository, one for writing and one for reading, and to the content store."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

STORE = "content store"
"""The place that every stored object lies in for good, and that auditors pull from."""

CACHE = "local cache"
"""The place that holds what this machine stored or fetched; it may lack any object."""


class Sealing(Protocol):
    """The record repository for writing: a record is sealed once and never replaced."""

    def adopt(self, code: Any, commit: str) -> None:  # noqa: ANN401 - the code store's own type
        """Copy a code commit with its history into the repository."""
        ...

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
        """Return the new record commit, tagged; raise IntegrityError when the tag exists."""
        ...


class Records(Protocol):
    """The record repository for reading."""

    def resolve(self, tag: str) -> str | None:
        """Return the commit of a tag, or None."""
        ...

    def tags(self, prefix: str) -> tuple[str, ...]:
        """Return the names of all tags below ``prefix``."""
        ...

    def read(self, commit: str, name: str) -> bytes:
        """Return a file of a commit."""
        ...

    def names(self, commit: str, folder: str) -> tuple[str, ...]:
        """Return the names of a commit's files below ``folder``."""
        ...

    def export(self, commit: str, target: Path) -> None:
        """Write the tree of a commit into a folder."""
        ...

    def bundle(self, tag: str) -> bytes:
        """Return a git bundle of a tag with its history."""
        ...

    def check(self, tag: str | None = None) -> None:
        """Raise IntegrityError when an object reachable from the tag is damaged; without ``tag``, check all tags."""
        ...

    def require_plain(self) -> None:
        """Raise IntegrityError when the repository holds what alters its objects or makes git run programs."""
        ...

    def reading(self) -> "AbstractContextManager[Records]":
        """Return the current state of the repository, optimised for reading many files."""
        ...


class Content(Protocol):
    """The content store: large files addressed by content."""

    def add(self, folder: Path, name: str) -> bytes:
        """Store file or folder ``name`` and return its pointer."""
        ...

    def put(self, name: str, data: bytes) -> tuple[str, bytes]:
        """Store ``data`` as a file of that name; return its MD5 and its pointer."""
        ...

    def commit(self, folder: Path, stages: Iterable[str]) -> bytes:
        """Store the outputs of ``stages`` and return ``dvc.lock``."""
        ...

    def addresses(self, folder: str, lock: bytes, pointer: bytes) -> dict[str, str]:
        """Return the MD5 of every stored file of a record, by its name in the record folder."""
        ...

    def objects(self, md5: str) -> tuple[tuple[str, bytes], ...]:
        """Return every stored copy of one object, each with its location."""
        ...
