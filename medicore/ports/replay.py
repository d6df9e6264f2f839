"""The port for repeating a record's steps with the code that the record names."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from medicore.ports.files import RecordFiles

NOTHING: Mapping[str, bytes] = MappingProxyType({})


class Replay(Protocol):
    """The replay of sealed records: it writes them into scratch folders and performs their steps there."""

    def lay_out(
        self,
        commit: str,
        record_folder: str,
        target: Path,
        keep: Iterable[str],
        replaced: Mapping[str, bytes] = NOTHING,
    ) -> RecordFiles:
        """Write the code and data lock of the record at ``commit`` into ``target``; of its other files, only ``keep``.

        ``replaced`` holds files, by their path in the tree, that replace the record's own: another ``lock.dvc``
        selects another data lock, another ``requirements.lock`` other packages.
        """
        ...

    def lay_out_bundle(
        self, bundle: bytes, tag: str, record_folder: str, target: Path, keep: Iterable[str]
    ) -> RecordFiles:
        """Write the tree of ``tag`` in a git bundle into ``target``; of the record's files, only ``keep``.

        The data lock is not in git; the caller writes it. Raises IntegrityError when the bundle is damaged or lacks
        the tag.
        """
        ...

    def perform(
        self, target: Path, steps: Iterable[str], threads: int | None = None, *, pinned: bool = False
    ) -> None:
        """Perform ``steps`` on the record in ``target`` with the code and packages that are recorded there.

        Code that is older than the pinned kernels gets those that the processor prefers; with ``pinned``, the pinned.
        """
        ...
