"""The port for performing a record's steps again, by the code that the record names."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from medicore.steps.ports import RecordFiles


class Replay(Protocol):
    """Lays out sealed records in scratch folders and performs their steps there."""

    def lay_out(self, commit: str, record_folder: str, target: Path, keep: Iterable[str]) -> RecordFiles:
        """Write the record at ``commit`` into ``target`` with its data lock, and of its files only ``keep``."""
        ...

    def perform(self, target: Path, steps: Iterable[str], threads: int | None = None) -> None:
        """Perform ``steps`` on the record in ``target`` with code and packages as they were recorded there."""
        ...
