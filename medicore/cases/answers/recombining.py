"""Recombining: the primary effect from data, protocol, code and libraries, each taken from one of two runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import GIVEN, read_provenance
from medicore.errors import ConfigurationError, EstimationError, ProtocolError
from medicore.ports.files import RecordFiles
from medicore.ports.house import House
from medicore.records.canonical import document
from medicore.records.finding import Finding
from medicore.records.identifiers import RunId
from medicore.records.results.results import Primary, primary_of
from medicore.steps.check import PREVIOUS
from medicore.steps.gate import DOCUMENT, read_findings
from medicore.steps.way import STEP_NAMES

PARTS = ("data", "protocol", "code", "libraries")
"""The parts that may differ between two runs, and can be exchanged one at a time."""

_STEPS = STEP_NAMES[: STEP_NAMES.index("effect") + 1]
_LIBRARIES = "requirements.lock"


@dataclass(frozen=True, slots=True)
class SealedRun:
    """A run with its sealed record: commit, provenance, resolved protocol, and the study's file it came from.

    ``plan`` is the protocol as it was written; later code fills in its own defaults.
    """

    run: RunId
    commit: str
    provenance: Mapping[str, Any]
    protocol: bytes
    plan: bytes

    @property
    def code_commit(self) -> str:
        """The commit of the run's code."""
        return str(self.provenance["run"]["code_commit"])

    def digests(self, *folders: str) -> dict[str, str]:
        """Return the SHA-256 of the record's files below these folders, or with these names."""
        return {
            entry["name"]: entry["sha256"]
            for entry in self.provenance["files"]
            if entry["name"].startswith(folders)
        }


@dataclass(frozen=True, slots=True)
class Recomputed:
    """One combination: the parts of the later run, and the effect on the scale of inference.

    ``estimate`` and ``value`` (its logarithm for a ratio) are None when there is an ``obstacle``, which is the
    reason. ``set_aside`` are the findings at which such a run would have waited for a decision.
    """

    later: tuple[str, ...]
    estimate: float | None = None
    value: float | None = None
    obstacle: str = ""
    set_aside: tuple[str, ...] = ()


class _ObstacleError(Exception):
    """A combination of parts that cannot be computed; the message gives the reason."""


def sealed_run(house: House, run: RunId) -> SealedRun:
    """Return a run with its last sealed record; raise ProtocolError when it has none."""
    commit = sealed_commit(house, run)
    resolved = house.records.read(commit, f"{run.folder}/protocol.json")
    name = f"{run.study}.yaml"
    written = name in house.records.names(commit, "studies")
    return SealedRun(
        run=run,
        commit=commit,
        provenance=read_provenance(house, run, commit),
        protocol=resolved,
        plan=house.records.read(commit, f"studies/{name}") if written else resolved,
    )


def recompute(
    house: House, runs: tuple[SealedRun, SealedRun], later: tuple[str, ...], scratch: Path
) -> Recomputed:
    """Return the effect from the parts ``later`` of the second of two ``runs`` and the other parts of the first.

    The folder ``scratch`` is new. A finding that a signature may answer is set aside, since nothing is released from
    here. Broken data contracts and models without a solution are obstacles.
    """
    data, protocol, code, libraries = (runs[part in later] for part in PARTS)
    folder = code.run.folder
    house.progress(runs[1].run, "diff", f"computing with its {_listed(later)}")
    replaced = {f"{folder}/lock.dvc": house.records.read(data.commit, f"{data.run.folder}/lock.dvc")}
    if protocol is not code:
        replaced[f"{folder}/protocol.json"] = protocol.plan
    if libraries is not code:
        replaced[_LIBRARIES] = house.records.read(libraries.commit, _LIBRARIES)
    files = house.replay.lay_out(code.commit, folder, scratch, GIVEN, replaced)
    try:
        set_aside = _perform(house, files, scratch)
    except _ObstacleError as error:
        return Recomputed(later, obstacle=str(error))
    primary = primary_of(DOCUMENT["effect"], json.loads(files.read(DOCUMENT["effect"])))
    return Recomputed(later, primary.estimate, primary.inferred, set_aside=set_aside)


def require_comparable(before: Primary, after: Primary) -> None:
    """Raise ProtocolError unless two primary results have the same measure, scale and unit."""
    compared = {
        "measure": (before.measure, after.measure),
        "scale": (before.scale, after.scale),
        "unit": (before.unit, after.unit),
    }
    for key, (earlier, later) in compared.items():
        if earlier != later:
            raise ProtocolError(
                f"the {key} of the effect is {earlier!r} in one run and {later!r} in the other; "
                "expected the same, for a change to have a size; compare the reports instead"
            )


def _perform(house: House, files: RecordFiles, scratch: Path) -> tuple[str, ...]:
    """Perform the steps up to the effect; return the messages of the findings that were set aside."""
    left, set_aside = _STEPS, list[str]()
    while True:
        try:
            house.replay.perform(scratch, left)
        except ConfigurationError as error:
            raise _ObstacleError(str(error)) from error
        except EstimationError as error:
            done = [step for step in left if files.exists(DOCUMENT[step])]
            findings = read_findings(files, done[-1]) if done else ()
            if not findings:
                raise _ObstacleError(_message(error)) from error
            set_aside += _answerable(findings)
            _clear(files, done[-1])
            left = left[left.index(done[-1]) + 1 :]
        else:
            return (*set_aside, *(finding.message for finding in read_findings(files, "effect")))


def _answerable(findings: tuple[Finding, ...]) -> list[str]:
    """Return the messages of findings, except those about last month's lock, which belong to another month."""
    for finding in findings:
        if not finding.overridable and finding.gate != PREVIOUS:
            raise _ObstacleError(finding.message)
    return [finding.message for finding in findings]


def _clear(files: RecordFiles, step: str) -> None:
    """Remove the findings from a step's document in the scratch folder, so that the next step begins."""
    section = json.loads(files.read(DOCUMENT[step]))
    files.write(DOCUMENT[step], document({**section, "findings": []}))


def _message(error: EstimationError) -> str:
    """Return the step's message, or a text of ours for an error that is not ours: its message may hold a value."""
    before, own, said = str(error).partition("medicore: ")
    return said if own and before else "the code of one run cannot work with the parts of the other"


def _listed(parts: tuple[str, ...]) -> str:
    return " and ".join(parts) if parts else "nothing, all from the first run"
