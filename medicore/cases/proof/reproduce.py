"""reproduce: a sealed run's files are built again from its frozen lock, with its own code, and compared bit by bit."""

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import GIVEN, read_provenance, stored_file
from medicore.errors import ArchiveError, IntegrityError, ProtocolError
from medicore.kernels import narrowed
from medicore.ports.files import RecordFiles
from medicore.ports.house import House
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.results.last_digits import furthest
from medicore.steps.way import EVIDENCE, STEPS

BUNDLE = "record.bundle"
"""Code and record with their whole history, in the form of the archive."""
_ALIKE = 1e-9
"""How far, as a share, other kernels move a number at most; they move most by less than 1e-14."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One file: recorded and rebuilt SHA-256; ``rebuilt`` is None when the file was not built.

    ``apart`` is the largest relative difference of its numbers, where a JSON document differs in nothing else.
    """

    name: str
    recorded: str
    rebuilt: str | None
    apart: float | None = None

    @property
    def identical(self) -> bool:
        """Whether both files are the same bit for bit."""
        return self.recorded == self.rebuilt


@dataclass(frozen=True, slots=True)
class Reproduction:
    """The files of a run that was built again, and the kernels of linear algebra that its record names, if it does."""

    files: tuple[Comparison, ...]
    kernels: Mapping[str, str] | None

    @property
    def different(self) -> tuple[str, ...]:
        """The names of the files that came out otherwise."""
        return tuple(one.name for one in self.files if not one.identical)

    def why_different(self, here: Mapping[str, str]) -> str:
        """Return a sentence on the files that came out otherwise: how far their numbers are apart, with which kernels.

        ``here`` are the kernels of linear algebra on this machine.
        """
        apart = [one.apart for one in self.files if not one.identical and one.name.endswith(".json")]
        shares = [share for share in apart if share is not None]
        if not shares or len(shares) < len(apart) or max(shares) > _ALIKE:
            return "more than last digits differ; compare the files with those of the record"
        told = f"the numbers agree to within {max(shares):.0e} of their size"
        if self.kernels is None:
            return (
                f"{told}; the record is older than the choice of kernels, and a processor with other registers gives "
                "other last digits; build it again on a processor like that of its day"
            )
        if self.kernels != here:
            used, present = _listed(self.kernels), _listed(here)
            return f"{told}; it was computed with {used}, here with {present}; use such a machine"
        return f"{told}, with the recorded kernels; compare the files with those of the record"


def reproduce(house: House, run: RunId, scratch: Path, threads: int | None = None) -> Reproduction:
    """Return how each file of a run compares with the one built again in the folder ``scratch``.

    ``report.signed.pdf`` is not among them, because a signature cannot be computed again; 'verify' proves it instead.
    Raises ProtocolError when the run was sealed before a step was done.
    """
    commit = sealed_commit(house, run)
    provenance = read_provenance(house, run, commit)
    files = house.replay.lay_out(commit, run.folder, scratch, GIVEN)

    def recorded(name: str) -> bytes:
        return stored_file(house, run, commit, name)

    return _rebuilt(house, provenance, files, scratch, threads, recorded)


def reproduce_restored(
    house: House, run: RunId, restored: RecordFiles, scratch: Path, threads: int | None = None
) -> Reproduction:
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

    def recorded(name: str) -> bytes:
        return restored.read(f"record/{name}")

    return _rebuilt(house, provenance, files, scratch, threads, recorded)


def _listed(kernels: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(kernels.items()))


def _rebuilt(
    house: House,
    provenance: Mapping[str, Any],
    files: RecordFiles,
    scratch: Path,
    threads: int | None,
    stored: Callable[[str], bytes],
) -> Reproduction:
    """Perform the steps whose files are in the provenance, and compare each file with its digest there.

    A record that is older than the choice of kernels is built with those that the processor prefers, and, if a file
    differs, with the pinned ones: it may have been sealed on a processor that has no wider registers.
    """
    recorded = {entry["name"]: entry["sha256"] for entry in provenance["files"] if entry["name"] not in GIVEN}
    if not recorded:
        raise ProtocolError(
            f"{provenance['run']['id']} was sealed as {provenance['outcome']}, before a step was done; expected a "
            "run with files of steps; name another"
        )
    wanted = [step.name for step in (*STEPS, EVIDENCE) if any(name in recorded for name in step.outputs)]
    house.replay.perform(scratch, wanted, threads)
    found = _compared(recorded, files, stored)
    if "kernels" not in provenance and narrowed() and not all(one.identical for one in found):
        house.replay.perform(scratch, wanted, threads, pinned=True)
        found = _compared(recorded, files, stored)
    return Reproduction(found, provenance.get("kernels"))


def _compared(
    recorded: Mapping[str, str], files: RecordFiles, stored: Callable[[str], bytes]
) -> tuple[Comparison, ...]:
    comparisons = []
    for name, digest in recorded.items():
        data = files.read(name) if files.exists(name) else None
        rebuilt = None if data is None else sha256(data)
        apart = None
        if data is not None and rebuilt != digest and name.endswith(".json"):
            with contextlib.suppress(IntegrityError):  # of a damaged record the digest is all there is
                apart = furthest(stored(name), data)
        comparisons.append(Comparison(name, digest, rebuilt, apart))
    return tuple(comparisons)
