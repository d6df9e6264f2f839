"""reproduce: a sealed run's files are built again from its frozen lock, with its own code, and compared bit by bit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import GIVEN, read_provenance
from medicore.errors import ArchiveError, IntegrityError, ProtocolError
from medicore.ports.files import RecordFiles
from medicore.ports.house import House
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.steps.way import EVIDENCE, STEPS

BUNDLE = "record.bundle"
"""Code and record with their whole history, in the form of the archive."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One file: recorded and rebuilt SHA-256; ``rebuilt`` is None when the file was not built."""

    name: str
    recorded: str
    rebuilt: str | None

    @property
    def identical(self) -> bool:
        """Whether both files are the same bit for bit."""
        return self.recorded == self.rebuilt


def reproduce(house: House, run: RunId, scratch: Path, threads: int | None = None) -> tuple[Comparison, ...]:
    """Return how each file of a run compares with the one built again in the folder ``scratch``.

    ``report.signed.pdf`` is not among them, because a signature cannot be computed again; 'verify' proves it instead.
    Raises ProtocolError when the run was sealed before a step was done.
    """
    commit = sealed_commit(house, run)
    provenance = read_provenance(house, run, commit)
    files = house.replay.lay_out(commit, run.folder, scratch, GIVEN)
    return _rebuilt(house, provenance, files, scratch, threads)


def reproduce_restored(
    house: House, run: RunId, restored: RecordFiles, scratch: Path, threads: int | None = None
) -> tuple[Comparison, ...]:
    """Return the same only from restored files: code and record from their git bundle, and the data lock.

    ``restored`` are the files that ``archive restore`` wrote. Ledger, record repository and content store of this
    house are not used.

    Raises
    ------
    ArchiveError
        When the folder is not a restored one, or belongs to another run.
    IntegrityError
        When the bundle is damaged, or a file of the lock differs from its provenance.
    """
    if not restored.exists(BUNDLE):
        raise ArchiveError(
            f"the folder has no {BUNDLE}; expected what 'medicore archive restore {run} FOLDER' wrote; name that folder"
        )
    kept = (*GIVEN, "provenance.json")
    files = house.replay.lay_out_bundle(restored.read(BUNDLE), f"record/{run}", run.folder, scratch, kept)
    provenance = json.loads(files.read("provenance.json"))
    for entry in provenance["files"]:
        if entry["name"].startswith("lock/"):
            data = restored.read(f"record/{entry['name']}")
            if sha256(data) != entry["sha256"]:
                raise IntegrityError(
                    f"record/{entry['name']} is not the file that the provenance names; expected SHA-256 "
                    f"{entry['sha256'][:12]}; restore the run again"
                )
            files.write(entry["name"], data)
    return _rebuilt(house, provenance, files, scratch, threads)


def _rebuilt(
    house: House, provenance: Mapping[str, Any], files: RecordFiles, scratch: Path, threads: int | None
) -> tuple[Comparison, ...]:
    """Perform the steps whose files are in the provenance, and compare each file with its digest there."""
    recorded = {entry["name"]: entry["sha256"] for entry in provenance["files"] if entry["name"] not in GIVEN}
    if not recorded:
        raise ProtocolError(
            f"{provenance['run']['id']} was sealed as {provenance['outcome']}, before a step was done; expected a "
            "run with files of steps; name another"
        )
    wanted = [step.name for step in (*STEPS, EVIDENCE) if any(name in recorded for name in step.outputs)]
    house.replay.perform(scratch, wanted, threads)
    return tuple(
        Comparison(name, digest, sha256(files.read(name)) if files.exists(name) else None)
        for name, digest in recorded.items()
    )
