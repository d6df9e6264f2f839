"""The ports of what leaves the house: the repository's history in exports and archives, and the licences of packages."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from medicore.ports.records import Records
from medicore.records.export.packing import TreeFile
from medicore.records.export.sbom import Licence


class History(Protocol):
    """The record repository as a third party verifies it: whole trees, and the commits themselves."""

    def tree(self, commit: str) -> tuple[TreeFile, ...]:
        """Return every file of a commit with its mode."""
        ...

    def commit_object(self, commit: str) -> bytes:
        """Return the bytes of a commit; their digest is the commit's name."""
        ...

    def unbundled(self, bundle: bytes, tag: str) -> AbstractContextManager[Records]:
        """Return a repository of nothing but a git bundle's ``tag``; raise IntegrityError when a part of it is missing."""
        ...


class Licences(Protocol):
    """The licences that the installed packages declare."""

    def licences(self) -> Mapping[tuple[str, str], Licence]:
        """Return the known licences by normalised name and version."""
        ...
