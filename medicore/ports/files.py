"""The ports to the files of one record and to the scratch folders of runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from medicore.records.identifiers import RunId

if TYPE_CHECKING:
    import pandas as pd


class RecordFiles(Protocol):
    """The files of one record folder, by name relative to it, written atomically."""

    def read(self, name: str) -> bytes:
        """Return the bytes of file ``name``; raise IntegrityError when the file is missing."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Write file ``name`` atomically."""
        ...

    def exists(self, name: str) -> bool:
        """Return whether the file or folder ``name`` exists."""
        ...

    def names(self, folder: str = "") -> tuple[str, ...]:
        """Return the names of all files below ``folder``, sorted."""
        ...

    def read_table(self, name: str) -> "pd.DataFrame":
        """Return the Parquet file ``name`` as a table."""
        ...

    def write_table(self, name: str, table: "pd.DataFrame") -> None:
        """Write ``table`` as Parquet ``name``: the same table gives the same bytes."""
        ...


class Workspaces(Protocol):
    """Scratch folders, one per run."""

    def path(self, run: RunId) -> Path:
        """Return the work folder of a run."""
        ...

    def files(self, run: RunId) -> RecordFiles:
        """Return the record folder of a run in its work folder."""
        ...

    def prepare(self, run: RunId, commit: str, protocol: bytes, identity: Mapping[str, Any]) -> None:
        """Prepare the work folder; existing files stay."""
        ...

    def overlay(self, run: RunId) -> dict[str, bytes]:
        """Return the files that belong to a record but are outside its record folder."""
        ...

    def table(self, data: bytes) -> "pd.DataFrame":
        """Return Parquet bytes as a table."""
        ...

    def discard(self, run: RunId) -> None:
        """Remove the work folder of a run that has ended; its record has everything that counts."""
        ...

    def discard_lock(self, run: RunId) -> None:
        """Remove the data lock of a run from its work folder."""
        ...
