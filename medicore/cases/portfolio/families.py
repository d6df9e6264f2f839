"""portfolio_families: families of the studies' primaries, decided on the sealed sequential p-values of a month."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from medicore.cases.people.seeing import closed
from medicore.cases.portfolio.standing import standing_run, state
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import stored_file
from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.canonical import digest, sha256
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import WHOLE
from medicore.records.protocol.hypotheses.portfolio_family import FAMILIES, PortfolioFamily, parse_families
from medicore.stats.multiplicity.family import decide
from medicore.stats.multiplicity.graphical import Graph

NOT_SEALED = "not sealed"
LATE = "the family was declared or changed after the run"
UNCONTROLLED = "no planned look"


@dataclass(frozen=True, slots=True)
class _Entering:
    """A study with the run that represents its month, its results' SHA-256, and the p-value that enters the family."""

    study: str
    run: str | None
    results: str | None
    p_value: float
    reason: str


def portfolio_families(house: House, month: str, studies: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the decided families of a month, by default all, else those with one of ``studies``.

    A family with a closed study is left out: ``closed_families`` names it. Every study enters with the sequential p-value that the run sealed which represents its month. A study whose run is not
    sealed, whose look was not planned, or whose run is of code without this very declaration, counts as p = 1.

    Raises
    ------
    ProtocolError
        When ``studies/families.yaml`` is malformed.
    IntegrityError
        When a record's results differ from the recorded ones.
    """
    return [
        _decided(house, month, family) for family in _wanted(house, studies) if not _closed(house, family)
    ]


def closed_families(house: House, studies: Collection[str] = ()) -> list[str]:
    """Return the names of the families that are not decided here: a study of theirs is closed, and p-values would tell of it."""
    return [family.name for family in _wanted(house, studies) if _closed(house, family)]


def _wanted(house: House, studies: Collection[str]) -> list[PortfolioFamily]:
    return [
        family for family in house.protocols.families() if not studies or set(studies) & set(family.studies)
    ]


def _closed(house: House, family: PortfolioFamily) -> bool:
    return any(closed(house, study) is not None for study in family.studies)


def _decided(house: House, month: str, family: PortfolioFamily) -> dict[str, Any]:
    entering = [_entering(house, month, family, study) for study in family.studies]
    graph = None
    if family.weights is not None and family.transitions is not None:
        graph = Graph.of(family.weights, family.transitions)
    found = decide([one.p_value for one in entering], family.method, family.alpha, graph)
    declared = family.model_dump(mode="json")
    return {
        "name": family.name,
        "method": family.method,
        "alpha": family.alpha,
        "weights": declared["weights"],
        "transitions": declared["transitions"],
        "declared_in": house.code.commit(),
        "declaration_sha256": digest(declared),
        "hypotheses": [
            {
                "study": one.study,
                "run": one.run,
                "results_sha256": one.results,
                "entering_p": one.p_value,
                "adjusted_p": adjusted,
                "rejected": rejected,
                "reason": one.reason,
            }
            for one, adjusted, rejected in zip(entering, found.adjusted, found.rejected, strict=True)
        ],
    }


def _entering(house: House, month: str, family: PortfolioFamily, study: str) -> _Entering:
    run = standing_run(house, study, month)
    if run is None or state(house, run) not in WHOLE:
        return _Entering(study, None if run is None else str(run), None, 1.0, NOT_SEALED)
    commit = sealed_commit(house, run)
    data = stored_file(house, run, commit, "results.json")
    results = sha256(data)
    if family not in _declared_before(house, run, commit):
        return _Entering(study, str(run), results, 1.0, LATE)
    p_value = (json.loads(data).get("monitoring") or {}).get("sequential_p")
    if p_value is None:
        return _Entering(study, str(run), results, 1.0, UNCONTROLLED)
    return _Entering(study, str(run), results, float(p_value), "")


def _declared_before(house: House, run: RunId, commit: str) -> tuple[PortfolioFamily, ...]:
    """Return the families in the code that a run was sealed with; none where its file is missing or malformed."""
    if FAMILIES not in house.records.names(commit, "studies"):
        return ()
    try:
        return parse_families(
            house.records.read(commit, f"studies/{FAMILIES}").decode(), f"{FAMILIES} of {run}"
        )
    except (ProtocolError, UnicodeDecodeError):
        return ()
