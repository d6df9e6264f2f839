"""The port for performing a record's steps again, by the code that the record names."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from medicore.ports.files import RecordFiles

NOTHING: Mapping[str, bytes] = MappingProxyType({})


class Replay(Protocol):
    """Lays out sealed records in scratch folders and performs their steps there."""

    def lay_out(
        self,
        commit: str,
        record_folder: str,
        target: Path,
        keep: Iterable[str],
        replaced: Mapping[str, bytes] = NOTHING,
    ) -> RecordFiles:
        """Write the record at ``commit`` into ``target`` with its data lock, and of its files only ``keep``.

        ``replaced`` files, by their path in the tree, take the place of its own: another ``lock.dvc`` brings another
        data lock, another ``requirements.lock`` other packages.
        """
        ...

    def lay_out_bundle(
        self, bundle: bytes, tag: str, record_folder: str, target: Path, keep: Iterable[str]
    ) -> RecordFiles:
        """Write the tree of ``tag`` in a git bundle into ``target``, and of its record's files only ``keep``.

        The data lock is not in git: who has it writes it. Raises IntegrityError when the bundle is damaged or has no
        such tag.
        """
        ...

    def perform(self, target: Path, steps: Iterable[str], threads: int | None = None) -> None:
        """Perform ``steps`` on the record in ``target`` with code and packages as they were recorded there."""
        ...
