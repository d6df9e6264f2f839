"""Replays: a sealed record is written to a scratch folder, and its steps are performed by its own code."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from medicore.errors import EstimationError
from medicore.kernels import VARIABLES
from medicore.stores.command import harmless, run
from medicore.stores.content.dvc_content import DvcContent
from medicore.stores.content.pinned_code import unpack_product
from medicore.stores.content.recorded_environment import RecordedEnvironments
from medicore.stores.files import FolderFiles, write_atomically
from medicore.stores.git.records import GitRecords

_LIMIT_S = 12 * 3600.0
_NOTHING: Mapping[str, bytes] = MappingProxyType({})


class Replay:
    """Writes records to folders and performs their steps in separate processes, so that the recorded code runs."""

    def __init__(self, records: GitRecords, content: DvcContent, environments: RecordedEnvironments) -> None:
        self._records = records
        self._content = content
        self._environments = environments

    def lay_out(
        self,
        commit: str,
        record_folder: str,
        target: Path,
        keep: Iterable[str],
        replaced: Mapping[str, bytes] = _NOTHING,
    ) -> FolderFiles:
        """Write the record at ``commit`` into ``target`` with its data lock; of the record's other files only ``keep`` stay.

        The files in ``replaced``, by their path in the tree, replace the record's own: another ``lock.dvc`` selects
        another data lock, another ``requirements.lock`` other packages.
        """
        self._records.export(commit, target)
        unpack_product(target, target)  # this code performs the steps, whatever is installed
        write_atomically(target / ".dvc" / "config.local", self._content.local_config())
        files = _keep_only(target / record_folder, keep)
        for name, data in replaced.items():
            write_atomically(target / name, data)
        self._content.pull(target, [f"{record_folder}/lock.dvc"])
        return files

    def lay_out_bundle(
        self, bundle: bytes, tag: str, record_folder: str, target: Path, keep: Iterable[str]
    ) -> FolderFiles:
        """Write the tree of ``tag`` in a git bundle into ``target``; of the record's files only ``keep`` stay.

        The data lock is not in git; the caller adds it. Raises IntegrityError when the bundle is damaged or has no
        such tag.
        """
        with tempfile.TemporaryDirectory(prefix="medicore-bundle-") as scratch:
            records = GitRecords(Path(scratch) / "records.git")
            records.create()
            records.bring(bundle, tag)
            records.export(f"refs/tags/{tag}^{{commit}}", target)
        unpack_product(target, target)  # this code performs the steps, whatever is installed
        return _keep_only(target / record_folder, keep)

    def perform(
        self, target: Path, steps: Iterable[str], threads: int | None = None, *, pinned: bool = False
    ) -> None:
        """Perform ``steps`` on the record in ``target`` with the code and the packages that are recorded there.

        The recorded code sees none of the present settings and secrets. Code that is older than the pinned kernels
        gets those that the processor prefers, as it did then; with ``pinned`` it gets the pinned ones.
        """
        environment = harmless() | {"PYTHONPATH": str(target), "PYTHONDONTWRITEBYTECODE": "1"}
        if not pinned:
            environment = {name: value for name, value in environment.items() if name not in VARIABLES}
        if threads is not None:
            names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
            environment |= dict.fromkeys(names, str(threads))
        run(
            [str(self._environments.python(target)), "-m", "medicore", "step", *steps],
            folder=target,
            environment=environment,
            alone=True,
            failure=EstimationError,
            limit=_LIMIT_S,
        )


def _keep_only(folder: Path, names: Iterable[str]) -> FolderFiles:
    """Remove all files of a record folder except those with these names, and return what is left."""
    kept = set(names)
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in kept:
            path.unlink()
    return FolderFiles(folder)
