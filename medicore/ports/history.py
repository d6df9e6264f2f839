"""The ports that only an export needs: the repository's history, and the licences of packages."""

from collections.abc import Mapping
from typing import Protocol

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


class Licences(Protocol):
    """The licences that the installed packages declare."""

    def licences(self) -> Mapping[tuple[str, str], Licence]:
        """Return the known licences by normalised name and version."""
        ...
