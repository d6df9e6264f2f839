"""The safety tables: adverse events by arm, system organ class and preferred term, and how the arms' risks differ."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from medicore.ports.files import RecordFiles
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.safety.plan import CLASS, SERIOUS, SEVERITY, TERM, YES, Safety
from medicore.stats.effect.score_interval import risk_differences
from medicore.stats.safety.incidence import Incidence, incidence
from medicore.steps.safety.at_risk import ARMS, ArmAtRisk, AtRisk, at_risk

Kind = tuple[str, Mapping[str, str]]
"""The name of a kind of event, and what its events have in which column; those with nothing are all."""

ANY = "Any adverse event"
ANY_SERIOUS = "Any serious adverse event"


def safety_part(files: RecordFiles, protocol: Protocol) -> dict[str, Any]:
    """Return the part ``safety`` of the effect section by its name; nothing where no safety plan is declared.

    Everybody at risk counts whose arm is one of the two that are compared, eligible or not. Classes stand in falling order of
    their subjects, and terms in their class likewise; equal ones by name. No number here is weighted or tested.
    """
    plan = protocol.safety
    if plan is None:
        return {}
    found = at_risk(files, protocol)
    level = protocol.inference.level
    classes = []
    for row in _ordered(found, level, [(name, {CLASS: name}) for name in _names(found, CLASS)]):
        organ = row["name"]
        terms = [(term, {CLASS: organ, TERM: term}) for term in _names(found, TERM, organ)]
        classes.append({**row, "terms": _ordered(found, level, terms)})
    section = {
        "table": plan.table,
        "until": found.until.isoformat(),
        "arms": {arm: _arm(found.arms[arm]) for arm in ARMS},
        "events": {
            "selected": found.selected,
            "counted": sum(len(arm.events) for arm in found.arms.values()),
            "outside": sum(arm.outside for arm in found.arms.values()),
            "elsewhere": found.elsewhere,
        },
        "summary": _rows(found, level, _summary(plan)),
        "classes": classes,
    }
    return {"safety": section}


def _arm(found: ArmAtRisk) -> dict[str, Any]:
    return {"subjects": len(found.days), "without": found.without, "years": found.years}


def _summary(plan: Safety) -> list[Kind]:
    """Return the kinds of event of the first table: any, any serious one, and any of each severity."""
    kinds: list[Kind] = [(ANY, {})]
    if SERIOUS in plan.adverse_events.columns:
        kinds.append((ANY_SERIOUS, {SERIOUS: YES}))
    return [*kinds, *((f"Severity: {severity}", {SEVERITY: severity}) for severity in plan.severities)]


def _names(found: AtRisk, column: str, inside: str | None = None) -> list[str]:
    """Return the different values of a column in either arm, in order; ``inside`` names the class they belong to."""
    told: set[str] = set()
    for arm in found.arms.values():
        events = arm.events if inside is None else arm.events[arm.events[CLASS] == inside]
        told |= {str(name) for name in events[column]}
    return sorted(told)


def _ordered(found: AtRisk, level: float, kinds: Sequence[Kind]) -> list[dict[str, Any]]:
    """Return the rows of these kinds, those with the most subjects in both arms first, equal ones by name."""
    return sorted(
        _rows(found, level, kinds),
        key=lambda row: (-sum(arm["subjects"] for arm in row["arms"].values()), row["name"]),
    )


def _rows(found: AtRisk, level: float, kinds: Sequence[Kind]) -> list[dict[str, Any]]:
    """Return a row for each kind of event: the incidence in each arm, and the difference of the risks."""
    counted = [{arm: _counted(found.arms[arm], having, level) for arm in ARMS} for _, having in kinds]
    differences = _differences(found, counted, level)
    return [
        {
            "name": name,
            "arms": {arm: asdict(arms[arm]) for arm in ARMS},
            "risk_difference": difference,
        }
        for (name, _), arms, difference in zip(kinds, counted, differences, strict=True)
    ]


def _counted(arm: ArmAtRisk, having: Mapping[str, str], level: float) -> Incidence:
    chosen = np.ones(len(arm.events), dtype=bool)
    for column, value in having.items():
        chosen &= (arm.events[column] == value).to_numpy(dtype=bool)
    return incidence(arm.days, arm.subject[chosen], arm.day[chosen], level)


def _differences(
    found: AtRisk, counted: Sequence[Mapping[str, Incidence]], level: float
) -> list[dict[str, float] | None]:
    """Return the difference of the risks of each row with its limits; None where nobody of an arm is at risk."""
    n_treated, n_control = (len(found.arms[arm].days) for arm in ARMS)
    if 0 in (n_treated, n_control):
        return [None] * len(counted)
    treated, control = ([row[arm].subjects for row in counted] for arm in ARMS)
    made = risk_differences(treated, n_treated, control, n_control, level)
    return [
        {"estimate": float(estimate), "ci_low": float(low), "ci_high": float(high)}
        for estimate, low, high in zip(made.estimate, made.low, made.high, strict=True)
    ]
