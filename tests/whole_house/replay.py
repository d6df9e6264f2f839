"""Replays from memory: a sealed record laid out in a scratch folder, and its steps performed in this process.

The real one starts a process that runs the recorded code; here the code under test performs the steps. Both are held
to one contract by ``tests/contracts/test_replay_contract.py``.
"""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from medicore.errors import EstimationError, IntegrityError, MediCoreError
from medicore.ports.code import Renderer
from medicore.ports.replay import NOTHING
from medicore.records.protocol.parsing import parse_protocol
from medicore.steps.perform import perform
from medicore.steps.report import Rendering
from medicore.stores.content.environment import LockedEnvironment
from medicore.stores.files import FolderFiles, write_atomically
from medicore.stores.git.records import GitRecords
from tests.whole_house.content import MemoryContent, md5
from tests.whole_house.records import MemoryRecords


class MemoryReplay:
    """Lays out records from memory and performs their steps here."""

    def __init__(self, records: MemoryRecords, content: MemoryContent, renderer: Renderer) -> None:
        self._records = records
        self._content = content
        self._renderer = renderer

    def lay_out(
        self,
        commit: str,
        record_folder: str,
        target: Path,
        keep: Iterable[str],
        replaced: Mapping[str, bytes] = NOTHING,
    ) -> FolderFiles:
        """Write the record at ``commit`` into ``target`` with its data lock, and of its files only ``keep``."""
        self._records.export(commit, target)
        files = _keep_only(target / record_folder, keep)
        for name, data in replaced.items():
            write_atomically(target / name, data)
        pointer = files.read("lock.dvc")
        try:
            for name, address in self._content.addresses(record_folder, b"", pointer).items():
                files.write(name, self._whole(address))
        except IntegrityError as error:
            raise IntegrityError(f"the content store cannot return {record_folder}/lock.dvc") from error
        return files

    def lay_out_bundle(
        self, bundle: bytes, tag: str, record_folder: str, target: Path, keep: Iterable[str]
    ) -> FolderFiles:
        """Write the tree of ``tag`` in a git bundle into ``target``, by git; of its record's files only ``keep``."""
        with tempfile.TemporaryDirectory(prefix="medicore-bundle-") as scratch:
            records = GitRecords(Path(scratch) / "records.git")
            records.create()
            records.bring(bundle, tag)
            records.export(f"refs/tags/{tag}^{{commit}}", target)
        return _keep_only(target / record_folder, keep)

    def perform(
        self, target: Path, steps: Iterable[str], threads: int | None = None, *, pinned: bool = False
    ) -> None:
        """Perform ``steps`` on the record in ``target``; on one thread and with the pinned kernels, whatever is asked."""
        del threads, pinned
        values = yaml.load((target / "params.yaml").read_text("utf-8"), yaml.CSafeLoader)
        path = target / values["protocol"]
        files = FolderFiles(target / "records" / values["study"] / values["month"], target / values["lock"])
        libraries = LockedEnvironment(target).locked()
        try:
            protocol = parse_protocol(path.read_text("utf-8"), path.name)
            for step in steps:
                perform(
                    step,
                    files,
                    protocol,
                    values["run"],
                    lambda: Rendering(self._renderer, str(target / "quarto_templates"), libraries),
                )
        except MediCoreError as error:
            raise EstimationError(f"python -m exited with {error.exit_code}: medicore: {error}") from error

    def _whole(self, address: str) -> bytes:
        for _, data in self._content.objects(address):
            if md5(data) == address:
                return data
        raise IntegrityError(f"object {address} is missing or damaged")


def _keep_only(folder: Path, names: Iterable[str]) -> FolderFiles:
    kept = set(names)
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in kept:
            path.unlink()
    return FolderFiles(folder)
