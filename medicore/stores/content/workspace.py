"""Work folders: the tree of a code commit with one run's record folder in it, as ``dvc repro`` expects it."""

import contextlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from medicore.records.identifiers import RunId
from medicore.stores.content.dvc_content import DvcContent
from medicore.stores.files import FolderFiles, read_parquet, write_atomically
from medicore.stores.git.code import GitCode

if TYPE_CHECKING:
    import pandas as pd


class Workspaces:
    """Work folders below the state folder, one per run; they survive a killed process."""

    def __init__(self, folder: Path, code: GitCode, content: DvcContent) -> None:
        self._folder = folder
        self._code = code
        self._content = content

    def path(self, run: RunId) -> Path:
        """Return the work folder of a run."""
        return self._folder / run.study / run.month / str(run.number)

    def files(self, run: RunId) -> FolderFiles:
        """Return the record folder of a run in its work folder."""
        return FolderFiles(self.path(run) / run.folder)

    def prepare(self, run: RunId, commit: str, protocol: bytes, identity: Mapping[str, Any]) -> None:
        """Prepare the work folder of a run; files that steps have written there stay.

        DVC's own notes there are written again, since a killed process may have left them incomplete.
        """
        folder = self.path(run)
        if not (folder / "dvc.yaml").exists():
            scratch = folder.with_name(f".{folder.name}.new")
            shutil.rmtree(scratch, ignore_errors=True)
            self._code.export(commit, scratch)
            shutil.rmtree(scratch / run.folder, ignore_errors=True)
            folder.parent.mkdir(parents=True, exist_ok=True)
            if folder.exists():
                shutil.rmtree(folder)
            scratch.rename(folder)
        shutil.rmtree(folder / ".dvc" / "tmp", ignore_errors=True)
        (folder / "dvc.lock").unlink(missing_ok=True)
        write_atomically(folder / ".dvc" / "config", self._content.config())
        write_atomically(folder / ".dvc" / "config.local", self._content.local_config())
        write_atomically(folder / "params.yaml", parameters(run, identity))
        write_atomically(folder / run.folder / "protocol.json", protocol)

    def overlay(self, run: RunId) -> dict[str, bytes]:
        """Return the files that a record adds outside its record folder."""
        return {name: (self.path(run) / name).read_bytes() for name in ("params.yaml", ".dvc/config")}

    def table(self, data: bytes) -> "pd.DataFrame":
        """Return Parquet bytes as a table."""
        return read_parquet(data, "a stored table")

    def discard(self, run: RunId) -> None:
        """Remove the work folder of a run that has ended, and the folders above it that are then empty."""
        shutil.rmtree(self.path(run), ignore_errors=True)
        with contextlib.suppress(OSError):  # another run of the month or the study has its folder there
            self.path(run).parent.rmdir()
            self.path(run).parent.parent.rmdir()

    def discard_lock(self, run: RunId) -> None:
        """Remove the data lock of a run from its work folder."""
        shutil.rmtree(self.files(run).path("lock"), ignore_errors=True)


def parameters(run: RunId, identity: Mapping[str, Any]) -> bytes:
    """Return ``params.yaml`` of a record: it names the record for ``dvc repro`` and the run's identity."""
    values = {
        "study": run.study,
        "month": run.month,
        "lock": f"{run.folder}/lock",
        "protocol": f"{run.folder}/protocol.json",
        "run": dict(identity),
    }
    return yaml.safe_dump(values, sort_keys=True, allow_unicode=True).encode()
