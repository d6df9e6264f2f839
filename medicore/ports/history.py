"""What an export needs of the outside world beside what every step needs, as Protocols."""

from collections.abc import Mapping
from typing import Protocol

from medicore.records.export.packing import TreeFile
from medicore.records.export.sbom import Licence


class History(Protocol):
    """The record repository as a third party proves it: whole trees, and the commits themselves."""

    def tree(self, commit: str) -> tuple[TreeFile, ...]:
        """Return every file of a commit with its mode."""
        ...

    def commit_object(self, commit: str) -> bytes:
        """Return the bytes of a commit, whose digest is its name."""
        ...


class Licences(Protocol):
    """What the installed packages say of their licences."""

    def licences(self) -> Mapping[tuple[str, str], Licence]:
        """Return the licences that are known, by normalised name and version."""
        ...
