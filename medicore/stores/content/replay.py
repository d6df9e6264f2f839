"""Replays: a sealed record laid out in a scratch folder, and its steps performed by its own code."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from medicore.errors import EstimationError
from medicore.stores.command import run
from medicore.stores.content.dvc_content import DvcContent
from medicore.stores.content.recorded_environment import RecordedEnvironments
from medicore.stores.files import FolderFiles, write_atomically
from medicore.stores.git.records import GitRecords

_LIMIT_S = 12 * 3600.0
_NOTHING: Mapping[str, bytes] = MappingProxyType({})


class Replay:
    """Lays out records and performs steps in processes of their own, so that the recorded code runs."""

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
        """Write the record at ``commit`` into ``target`` with its data lock, and of its files only ``keep``.

        ``replaced`` files, by their path in the tree, take the place of its own: another ``lock.dvc`` brings another
        data lock, another ``requirements.lock`` other packages.
        """
        self._records.export(commit, target)
        write_atomically(target / ".dvc" / "config.local", self._content.local_config())
        files = _keep_only(target / record_folder, keep)
        for name, data in replaced.items():
            write_atomically(target / name, data)
        self._content.pull(target, [f"{record_folder}/lock.dvc"])
        return files

    def lay_out_bundle(
        self, bundle: bytes, tag: str, record_folder: str, target: Path, keep: Iterable[str]
    ) -> FolderFiles:
        """Write the tree of ``tag`` in a git bundle into ``target``, and of its record's files only ``keep``.

        The data lock is not in git: who has it writes it. Raises IntegrityError when the bundle is damaged or has no
        such tag.
        """
        with tempfile.TemporaryDirectory(prefix="medicore-bundle-") as scratch:
            records = GitRecords(Path(scratch) / "records.git")
            records.create()
            records.bring(bundle, tag)
            records.export(f"refs/tags/{tag}^{{commit}}", target)
        return _keep_only(target / record_folder, keep)

    def perform(self, target: Path, steps: Iterable[str], threads: int | None = None) -> None:
        """Perform ``steps`` on the record in ``target`` with code and packages as they were recorded there.

        The recorded code sees none of today's settings and secrets.
        """
        environment = {"PYTHONPATH": str(target), "PYTHONDONTWRITEBYTECODE": "1"}
        if threads is not None:
            names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
            environment |= dict.fromkeys(names, str(threads))
        run(
            [str(self._environments.python(target)), "-m", "medicore", "step", *steps],
            folder=target,
            environment=environment,
            failure=EstimationError,
            limit=_LIMIT_S,
        )


def _keep_only(folder: Path, names: Iterable[str]) -> FolderFiles:
    """Remove all files of a record folder but those of these names, and return what is left."""
    kept = set(names)
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in kept:
            path.unlink()
    return FolderFiles(folder)
