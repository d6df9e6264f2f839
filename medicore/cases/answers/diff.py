"""diff: the differences between two sealed runs of a study, and each part's share in the change of the estimate."""

import json
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from medicore.cases.answers.recombining import (
    PARTS,
    Recomputed,
    SealedRun,
    recompute,
    require_comparable,
    sealed_run,
)
from medicore.cases.run.stored import stored_file
from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.results.difference import (
    Change,
    SubjectChanges,
    SubjectTable,
    changed_entries,
    changed_keys,
    changed_subjects,
)
from medicore.records.results.results import Primary, primary_of
from medicore.records.workspace.wheel import FOLDER, read_wheel, wheel_in
from medicore.stats.robustness.attribution import Contribution, attribute

if TYPE_CHECKING:
    import pandas as pd

_EFFECT = "effect.json"
_OF_CODE = "medicore/"
"""The files on which an estimate depends; the other files are compared too, but cannot change it."""
_NOT_OF_CODE = ("records/", "studies/")
_DELIVERY = ("lock/raw/", "lock/transfer.json")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs: its code commit, and its recorded estimate, if any.

    ``look`` is the number of the look, with the interval that is valid at all looks; None in older records.
    """

    run: str
    code_commit: str
    estimand: str | None = None
    estimate: float | None = None
    standard_error: float | None = None
    n: int | None = None
    look: int | None = None
    valid_low: float | str | None = None
    valid_high: float | str | None = None


@dataclass(frozen=True, slots=True)
class Attribution:
    """The change of the estimate from ``before`` to ``after``, in parts that add up to it.

    Everything is on the scale of inference: the outcome's ``unit``, or the natural logarithm of a ratio. ``recorded``
    is the change between the records. ``environment`` is its difference from the recomputed change, for example when
    another machine rounds differently. The parts plus this remainder are the recorded change. ``standard_error`` is
    the second run's.
    """

    measure: str
    scale: str
    unit: str
    recorded: float
    standard_error: float
    contributions: tuple[Contribution, ...]
    environment: float
    recomputed: tuple[Recomputed, ...]

    @property
    def unit_of_scale(self) -> str:
        """The unit of the parts in words: that of the outcome, or the logarithm of a ratio."""
        return f"log {self.measure}" if self.scale == "logarithm" else self.unit or self.measure


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences between two runs: counts of subjects and values, protocol keys, files of the code, libraries.

    ``changed`` are the parts whose differences can change the estimate. ``subjects`` is None when one run has no
    extract; ``attribution`` is None for the reason in ``obstacle``.
    """

    before: Side
    after: Side
    changed: tuple[str, ...]
    subjects: SubjectChanges | None
    protocol: tuple[Change, ...]
    code: tuple[Change, ...]
    libraries: tuple[Change, ...]
    attribution: Attribution | None
    obstacle: str


def diff(house: House, before: RunId, after: RunId, scratch: Path) -> Difference:
    """Return how two runs of one study differ; the combinations of their parts are computed below ``scratch``.

    Raises
    ------
    ProtocolError
        When the runs are of two studies, or one of them has no sealed record.
    """
    if before.study != after.study:
        raise ProtocolError(
            f"{before} and {after} are runs of two studies; expected one; name two runs of the same study"
        )
    runs = (sealed_run(house, before), sealed_run(house, after))
    protocols = [json.loads(run.protocol) for run in runs]
    code = changed_entries(*(_code(house, run) for run in runs))
    libraries = changed_entries(*(run.provenance["environment"] for run in runs))
    changed = {
        "data": runs[0].digests(*_DELIVERY) != runs[1].digests(*_DELIVERY),
        "protocol": _plan(runs[0]) != _plan(runs[1]),
        "code": any(change.name.startswith(_OF_CODE) for change in code),
        "libraries": bool(libraries),
    }
    parts = tuple(part for part in PARTS if changed[part])
    primaries = [_primary(house, run) for run in runs]
    attribution, obstacle = _attribution(house, runs, primaries, parts, scratch)
    return Difference(
        before=_side(house, runs[0], primaries[0]),
        after=_side(house, runs[1], primaries[1]),
        changed=parts,
        subjects=_subjects(house, runs, protocols),
        protocol=changed_keys(*protocols),
        code=code,
        libraries=libraries,
        attribution=attribution,
        obstacle=obstacle,
    )


def _attribution(
    house: House,
    runs: tuple[SealedRun, SealedRun],
    primaries: list[Primary | None],
    parts: tuple[str, ...],
    scratch: Path,
) -> tuple[Attribution | None, str]:
    """Return the attribution, or None and the reason for that."""
    first, second = primaries
    if first is None or second is None:
        without = runs[0 if first is None else 1].run
        return None, f"{without} ended before it had an estimate"
    try:
        require_comparable(first, second)
    except ProtocolError as error:
        return None, str(error)
    recomputed = []
    for number, later in enumerate(_combinations(parts)):
        recomputed.append(recompute(house, runs, later, scratch / str(number)))
        if later in ((), parts) and recomputed[-1].obstacle:
            # This is one of the two runs themselves: without it there is no change to explain.
            run = runs[bool(later)].run
            return None, f"{run} cannot be computed again: {recomputed[-1].obstacle}"
    values = {frozenset(one.later): one.value for one in recomputed if one.value is not None}
    recorded = second.inferred - first.inferred
    again = values[frozenset(parts)] - values[frozenset()]
    attribution = Attribution(
        measure=second.measure,
        scale=second.scale,
        unit=second.unit,
        recorded=recorded,
        standard_error=second.standard_error,
        contributions=attribute(values, parts),
        environment=recorded - again,
        recomputed=tuple(recomputed),
    )
    return attribution, ""


def _combinations(parts: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return every set of parts, the two runs themselves first, since these must be computable."""
    found = [chosen for size in range(len(parts) + 1) for chosen in combinations(parts, size)]
    return tuple(sorted(found, key=lambda chosen: 0 < len(chosen) < len(parts)))


def _plan(run: SealedRun) -> Any:  # noqa: ANN401 - any YAML
    """Return the protocol as it was written, without comments and spacing."""
    return yaml.load(run.plan, yaml.CSafeLoader)


def _code(house: House, run: SealedRun) -> dict[str, str]:
    """Return the SHA-256 of every file of the code commit and of the wheel in it, except protocols and sources of data."""
    files = house.history.tree(run.code_commit)
    products = {
        file.name.removeprefix(f"{FOLDER}/"): file.data
        for file in files
        if file.name.startswith(f"{FOLDER}/")
    }
    wheel = wheel_in(products)
    held = read_wheel(wheel, products[wheel]).files if wheel else {}
    packed = {name: sha256(data) for name, data in held.items()}
    return packed | {file.name: sha256(file.data) for file in files if not file.name.startswith(_NOT_OF_CODE)}


def _primary(house: House, run: SealedRun) -> Primary | None:
    """Return the recorded primary result, or None when the run ended before it."""
    if not run.digests(_EFFECT):
        return None
    return primary_of(_EFFECT, _effect(house, run))


def _effect(house: House, run: SealedRun) -> dict[str, Any]:
    return dict(json.loads(stored_file(house, run.run, run.commit, _EFFECT)))


def _side(house: House, run: SealedRun, primary: Primary | None) -> Side:
    if primary is None:
        return Side(str(run.run), run.code_commit)
    figures = (primary.estimand, primary.estimate, primary.standard_error, primary.n)
    look = _effect(house, run).get("monitoring") or {}
    claimed = (look.get("number"), look.get("ci_low"), look.get("ci_high"))
    return Side(str(run.run), run.code_commit, *figures, *claimed)


def _subjects(
    house: House, runs: tuple[SealedRun, SealedRun], protocols: list[dict[str, Any]]
) -> SubjectChanges | None:
    """Return how the extracts differ, or None when one of the runs ended before its own."""
    if not all(run.digests("extract.parquet") for run in runs):
        return None
    tables = [
        _subject_table(
            house.workspaces.table(stored_file(house, run.run, run.commit, "extract.parquet")),
            protocol["contract"]["subject"],
        )
        for run, protocol in zip(runs, protocols, strict=True)
    ]
    return changed_subjects(*tables)


def _subject_table(table: "pd.DataFrame", subject: str) -> SubjectTable:
    values = {
        str(name): tuple(None if gap else value for value, gap in zip(column, column.isna(), strict=True))
        for name, column in table.items()
    }
    return SubjectTable(values.pop(subject), values)
