"""explain: the origin of a number of a sealed run, and its value when it is computed again now."""

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from medicore.cases.answers.reported import reported
from medicore.cases.run.recorded_code import RecordedCode, recorded_code
from medicore.cases.run.stored import GIVEN, read_document, read_provenance
from medicore.errors import IntegrityError, ProtocolError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.results.origin import Origin
from medicore.records.results.outcomes.traced import trace_files
from medicore.records.results.paths import value_at
from medicore.records.results.printed import Place, places_of, within
from medicore.records.results.recorded_trace import recorded_origins
from medicore.records.results.references import path_of
from medicore.records.results.tracing import Trace
from medicore.steps.gate import DOCUMENT
from medicore.steps.way import STEP_NAMES, STEPS

_OF_PEOPLE = frozenset({"decision", "waits", "answered_by"})
"""What a report tells of a finding beside what its step found: who may answer it, and who did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Traced:
    """The value of a number, its origin, and where the code, the protocol and the data behind it stand."""

    run: str
    path: str
    value: Any
    origin: Origin
    commit: str
    file: str
    line: int
    wheel: dict[str, str] | None
    protocol: dict[str, Any]
    inputs: dict[str, str]
    subjects: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation(_Traced):
    """The origin of a number, and its value when it is computed again now."""

    recomputed: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Told(_Traced):
    """What the record tells of a number, before it is computed again.

    ``sealed`` is the commit of the record; ``inner`` is the number's path in the document of its step.
    """

    inner: str
    sealed: str


class Recorded:
    """What the record of a run tells of its results: read once, for as many numbers as are asked for."""

    def __init__(self, house: House, run: RunId, *, evidence: bool = False) -> None:
        """Read the record; a run that halted is told by its evidence, as is one that continued, with ``evidence``.

        Raises
        ------
        ProtocolError
            When the run reached no results and no evidence.
        IntegrityError
            When the recorded code has no table of origins.
        """
        self._run, self._shown = run, reported(house, run, evidence=evidence)
        commit, self.results = self._shown.commit, self._shown.document
        provenance = read_provenance(house, run, commit)
        self.code_commit = str(provenance["run"]["code_commit"])
        self._digests = {entry["name"]: entry["sha256"] for entry in provenance["files"]}
        self._protocol = read_document(house, run, commit, "protocol.json")
        self._code = recorded_code(house, commit)
        self._placed: dict[str, tuple[str, int]] = {}
        self._trace = Trace.of(self.results).within(_recorded(self._code, self.results))

    def told(self, path: str) -> Told:
        """Return what the record tells of one result; nothing is computed.

        Raises
        ------
        ProtocolError
            When the results lack the path.
        IntegrityError
            When the recorded code names no function for it.
        """
        self._shown.require(self._run, path)
        value = value_at(self.results, path)
        traced = inner = self._trace.path(path)
        if path.split(".")[0] == "findings":
            traced, inner, value = _of_finding(self._run, self.results, path)
        origin = self._trace.origin(traced)
        if origin.function not in self._placed:
            self._placed[origin.function] = _place(self._code, origin.function)
        file, line = self._placed[origin.function]
        step = next(step for step in STEPS if step.name == origin.step)
        inputs = {
            name: digest
            for name, digest in self._digests.items()
            if name in step.inputs or ("lock" in step.inputs and name.startswith("lock/"))
        }
        keys = [key for key in origin.protocol_keys if _given(self._protocol, key)]
        wheel = self._code.wheel
        return Told(
            run=str(self._run),
            path=path,
            value=value,
            origin=origin,
            inner=inner,
            sealed=self._shown.commit,
            commit=self.code_commit,
            file=file,
            line=line,
            wheel=None if wheel is None else {"name": wheel.name, "sha256": wheel.sha256},
            protocol={key: value_at(self._protocol, key) for key in keys},
            inputs={"protocol.json": self._digests["protocol.json"], **inputs},
            subjects=self._shown.subjects,
        )

    def source(self, found: Told) -> str:
        """Return the recorded code of the function behind a result: its definition, as the commit holds it."""
        lines = self._code.read(found.file).decode().splitlines()
        rest = itertools.takewhile(lambda line: not line or line[0] in " )\t", lines[found.line :])
        return "\n".join([lines[found.line - 1], *rest]).rstrip() + "\n"


def told(house: House, run: RunId, path: str, *, evidence: bool = False) -> Told:
    """Return what the record tells of one result; raises as ``Recorded`` and its ``told`` do."""
    return Recorded(house, run, evidence=evidence).told(path)


def explain(house: House, run: RunId, path: str, scratch: Path, *, evidence: bool = False) -> Explanation:
    """Return the whole origin of one result; the value is computed again in the folder ``scratch``.

    Raises as ``told`` does.
    """
    found = told(house, run, path, evidence=evidence)
    traced = {field.name: getattr(found, field.name) for field in fields(_Traced)}
    return Explanation(**traced, recomputed=recomputed(house, found, scratch))


def recomputed(house: House, found: Told, scratch: Path) -> Any:  # noqa: ANN401 - whatever the results hold
    """Return a result as the recorded code computes it now, from the frozen data, in the folder ``scratch``."""
    origin = found.origin
    # Later steps use nothing from the contract check: it is computed again only if the number is its own.
    kept = GIVEN if origin.step == "check" else (*GIVEN, DOCUMENT["check"])
    files = house.replay.lay_out(found.sealed, RunId.parse(found.run).folder, scratch, kept)
    steps = STEP_NAMES[: STEP_NAMES.index(origin.step) + 1]
    house.replay.perform(scratch, [step for step in steps if DOCUMENT[step] not in kept])
    return value_at(origin.in_document(json.loads(files.read(DOCUMENT[origin.step]))), found.inner)


def _of_finding(run: RunId, results: dict[str, Any], path: str) -> tuple[str, str, Any]:
    """Return a finding's path in the trace table, its path in the document of its step, and its value there.

    Raises ProtocolError when the path names all findings, or the decision on one, which a person made.
    """
    _, number, *rest = [*path.split("."), ""]
    if not number or (rest[0] in _OF_PEOPLE):
        raise ProtocolError(
            f"path {path[:80]!r} is not computed by one step; expected one finding, as findings.0, or a part of it; "
            f"see 'medicore approvals {run}' for the decisions"
        )
    value, step = value_at(results, path), value_at(results, f"findings.{number}.step")
    own = sum(finding["step"] == step for finding in results["findings"][: int(number)])
    below = "".join(f".{part}" for part in rest if part)
    if not below:
        value = {name: told for name, told in value.items() if name not in _OF_PEOPLE}
    return f"findings.{step}{below}", f"findings.{own}{below}", value


def places(house: House, run: RunId, text: str, *, evidence: bool = False) -> tuple[Place, ...]:
    """Return the places of a printed number in a run's results, or its evidence; raise ProtocolError when there is none."""
    return places_of(reported(house, run, evidence=evidence).document, text)


def places_within(
    house: House, run: RunId, text: str, references: Iterable[str], *, evidence: bool = False
) -> tuple[Place, ...]:
    """Return the places of a number that is printed beside ``references``: those below what they name, else all.

    Raise ProtocolError when no result is printed as this number, or the report has no such reference.
    """
    document = reported(house, run, evidence=evidence).document
    named = [path_of(document, reference) for reference in references]
    found = places_of(document, text)
    return within(found, named) or found


def cited(house: House, run: RunId, reference: str, *, evidence: bool = False) -> str:
    """Return the path for a reference in a run's report, or its evidence report; raise ProtocolError when there is none."""
    return path_of(reported(house, run, evidence=evidence).document, reference)


def _given(protocol: dict[str, Any], key: str) -> bool:
    """Return whether the protocol has the part of a key: one that came later is left out where it is not used."""
    return key.split(".")[0] in protocol


def _recorded(code: RecordedCode, results: Mapping[str, Any]) -> tuple[Origin, ...]:
    """Return the recorded code's trace table, and before it that of the outcome where it has its own."""

    def read(module: str) -> str:
        return code.read(_file_of(module)).decode()

    return tuple(
        origin for file in trace_files(results) for origin in recorded_origins(_trace_table(code, file), read)
    )


def _trace_table(code: RecordedCode, file: str) -> str:
    """Return the source of a trace table of the recorded code, wherever below ``medicore/records`` it stands."""
    places = [name for name in code.names("medicore/records") if name.split("/")[-1] == file]
    if len(places) != 1:
        raise IntegrityError(
            f"the code of commit {code.commit[:12]} has {len(places)} files {file} below medicore/records; expected one; "
            "run 'medicore verify'"
        )
    return code.read(f"medicore/records/{places[0]}").decode()


def _file_of(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def _place(code: RecordedCode, function: str) -> tuple[str, int]:
    """Return file and line of a function in the recorded code."""
    module, name = function.split(":")
    file = _file_of(module)
    for number, text in enumerate(code.read(file).decode().splitlines(), start=1):
        if text.startswith((f"def {name}(", f"class {name}")):
            return file, number
    raise IntegrityError(
        f"{name} is not in {file} of commit {code.commit[:12]}; the trace table names another function"
    )
