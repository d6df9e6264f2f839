"""reproduce: a sealed run's files built again from its frozen lock, by its own code, and compared bit by bit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medicore.errors import ArchiveError, IntegrityError, ProtocolError
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.printed import Place, places_of
from medicore.records.references import path_of
from medicore.records.trace import Origin, origin_of, value_at
from medicore.steps.gate import DOCUMENT
from medicore.steps.house import House
from medicore.steps.ports import RecordFiles
from medicore.steps.runs import sealed_commit
from medicore.steps.seal import read_results
from medicore.steps.stored import folder_of, read_provenance
from medicore.steps.way import STEP_NAMES, STEPS

BUNDLE = "record.bundle"
"""Code and record with their whole history, as the archive keeps them."""

_GIVEN = ("protocol.json", "lock.dvc")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One file: recorded and rebuilt SHA-256; ``rebuilt`` is None when the file did not come out."""

    name: str
    recorded: str
    rebuilt: str | None

    @property
    def identical(self) -> bool:
        """Whether the file came out bit for bit."""
        return self.recorded == self.rebuilt


def reproduce(house: House, run: RunId, scratch: Path, threads: int | None = None) -> tuple[Comparison, ...]:
    """Return how each file of a run compares with its rebuilding in the folder ``scratch``.

    ``report.signed.pdf`` is not among them: a signature cannot be computed again. 'verify' proves it instead. Raises
    ProtocolError when the run was sealed before a step was done.
    """
    commit = sealed_commit(house, run)
    provenance = read_provenance(house, run, commit)
    files = house.replay.lay_out(commit, folder_of(run), scratch, _GIVEN)
    return _rebuilt(house, provenance, files, scratch, threads)


def reproduce_restored(
    house: House, run: RunId, restored: RecordFiles, scratch: Path, threads: int | None = None
) -> tuple[Comparison, ...]:
    """Return the same from what the archive gave back alone: code and record from its git bundle, and the data lock.

    ``restored`` are the files that ``archive restore`` wrote. Neither ledger, record repository nor content store of
    this house is asked.

    Raises
    ------
    ArchiveError
        When the folder is none that was restored, or is of another run.
    IntegrityError
        When the bundle is damaged, or a file of the lock is not the one that its provenance names.
    """
    if not restored.exists(BUNDLE):
        raise ArchiveError(
            f"the folder has no {BUNDLE}; expected what 'medicore archive restore {run} FOLDER' wrote; name that folder"
        )
    kept = (*_GIVEN, "provenance.json")
    files = house.replay.lay_out_bundle(restored.read(BUNDLE), f"record/{run}", folder_of(run), scratch, kept)
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
    """Perform the steps of which the provenance has files, and compare each file with its digest there."""
    recorded = {
        entry["name"]: entry["sha256"] for entry in provenance["files"] if entry["name"] not in _GIVEN
    }
    if not recorded:
        raise ProtocolError(
            f"{provenance['run']['id']} was sealed as {provenance['outcome']}, before a step was done; expected a run with "
            "something to build again; name another"
        )
    wanted = [step.name for step in STEPS if any(name in recorded for name in step.outputs)]
    house.replay.perform(scratch, wanted, threads)
    return tuple(
        Comparison(name, digest, sha256(files.read(name)) if files.exists(name) else None)
        for name, digest in recorded.items()
    )


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a number comes from, and what it is when computed again now."""

    run: str
    path: str
    value: Any
    recomputed: Any
    origin: Origin
    commit: str
    file: str
    line: int
    protocol: dict[str, Any]
    inputs: dict[str, str]
    subjects: dict[str, int]


def explain(house: House, run: RunId, path: str, scratch: Path) -> Explanation:
    """Return the whole origin of one result; the value is computed again in the folder ``scratch``.

    Raises
    ------
    ProtocolError
        When the run reached no results, or they hold no such path.
    IntegrityError
        When no function of the recorded code is named for it.
    """
    commit = sealed_commit(house, run)
    provenance = read_provenance(house, run, commit)
    results = read_results(house, run, commit)
    value = value_at(results, path)
    origin = origin_of(path)
    file, line = _place(house, commit, origin.function)
    # The contract check computes nothing that later steps use: unless it is asked for, its record stands.
    kept = _GIVEN if origin.step == "check" else (*_GIVEN, DOCUMENT["check"])
    files = house.replay.lay_out(commit, folder_of(run), scratch, kept)
    steps = STEP_NAMES[: STEP_NAMES.index(origin.step) + 1]
    house.replay.perform(scratch, [step for step in steps if DOCUMENT[step] not in kept])
    section = json.loads(files.read(DOCUMENT[origin.step]))
    protocol = json.loads(house.records.read(commit, f"{folder_of(run)}/protocol.json"))
    step = next(step for step in STEPS if step.name == origin.step)
    digests = {entry["name"]: entry["sha256"] for entry in provenance["files"]}
    inputs = {
        name: digest
        for name, digest in digests.items()
        if name in step.inputs or ("lock" in step.inputs and name.startswith("lock/"))
    }
    cohort = results["cohort"]
    return Explanation(
        run=str(run),
        path=path,
        value=value,
        recomputed=value_at(origin.in_document(section), path),
        origin=origin,
        commit=provenance["run"]["code_commit"],
        file=file,
        line=line,
        protocol={key: value_at(protocol, key) for key in origin.protocol_keys},
        inputs={"protocol.json": digests["protocol.json"], **inputs},
        subjects={"assessed": cohort["assessed"], "analysed": cohort["analysed"]},
    )


def places(house: House, run: RunId, text: str) -> tuple[Place, ...]:
    """Return where in a run's results a number as printed stands; raise ProtocolError when it stands nowhere."""
    commit = sealed_commit(house, run)
    results = read_results(house, run, commit)
    return places_of(results, text)


def cited(house: House, run: RunId, reference: str) -> str:
    """Return the path that a reference printed in a run's report stands for; raise ProtocolError when there is none."""
    commit = sealed_commit(house, run)
    return path_of(read_results(house, run, commit), reference)


def _place(house: House, commit: str, function: str) -> tuple[str, int]:
    """Return file and line at which a function stands in the recorded code."""
    module, name = function.split(":")
    file = module.replace(".", "/") + ".py"
    for number, text in enumerate(house.records.read(commit, file).decode().splitlines(), start=1):
        if text.startswith((f"def {name}(", f"class {name}")):
            return file, number
    raise IntegrityError(
        f"{name} is not in {file} of commit {commit[:12]}; the trace table names another function"
    )
