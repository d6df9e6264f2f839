"""Families of hypotheses: adjusted p-values and the decision on each hypothesis, beside the unadjusted p-value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medicore.records.protocol.hypotheses.family import PRIMARY, Family, SubgroupHypothesis
from medicore.records.protocol.monitoring import SingleLookPlan
from medicore.records.protocol.protocol import Protocol
from medicore.stats.multiplicity.family import decide
from medicore.stats.multiplicity.graphical import Graph

UNCONTROLLED = "no planned look: its p-value does not hold the level"
"""The reason why the primary of a look without control counts as p = 1."""

NOT_ESTIMABLE = "not estimable"
"""The reason why a hypothesis without an estimate counts as p = 1."""

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Entering:
    """A hypothesis with its pointwise p-value, the p-value that enters the family, and why these differ."""

    name: str
    label: str
    unadjusted: float | None
    entering: float
    reason: str


@dataclass(frozen=True, slots=True)
class HypothesisResults:
    """What the hypotheses of a study came to: the effect step's section, and the rows of endpoints and subgroups."""

    effect: Mapping[str, Any]
    secondary: Rows
    supplementary: Rows

    @property
    def month(self) -> str:
        """The month of this look; '' where nothing says it."""
        look = self.effect["look"] or {}
        return str(look.get("month", ""))

    @property
    def looks_in_month(self) -> int:
        """How many looks of this month had data of their own, this one included; a rerun of the same data is none."""
        looks = (self.effect["monitoring"] or {}).get("looks", ())
        return sum(one["month"] == self.month and one["rerun_of"] is None for one in looks)


def families_of(protocol: Protocol, tested: HypothesisResults) -> list[dict[str, Any]]:
    """Return every family with the p-values and the decision of each hypothesis.

    The primary enters with its sequential p-value, which holds at every look. All others enter in the family's one month,
    and count as p = 1 in any other. What has no p-value counts as p = 1, and says why.
    """
    return [_family(protocol, family, tested) for family in protocol.families]


def _family(protocol: Protocol, family: Family, tested: HypothesisResults) -> dict[str, Any]:
    plan = protocol.monitoring
    month = plan.month if isinstance(plan, SingleLookPlan) else family.month
    entering = [_entering(protocol, one, tested, month) for one in family.hypotheses]
    graph = None
    if family.weights is not None and family.transitions is not None:
        graph = Graph.of(family.weights, family.transitions)
    found = decide([one.entering for one in entering], family.method, family.alpha, graph)
    return {
        "name": family.name,
        "method": family.method,
        "alpha": family.alpha,
        "month": month,
        "looks_in_month": tested.looks_in_month if tested.month == month else 0,
        "weights": None if graph is None else list(family.weights or ()),
        "transitions": None if graph is None else [list(row) for row in family.transitions or ()],
        "hypotheses": [
            {
                "name": one.name,
                "label": one.label,
                "unadjusted_p": one.unadjusted,
                "entering_p": one.entering,
                "adjusted_p": adjusted,
                "rejected": rejected,
                "reason": one.reason,
            }
            for one, adjusted, rejected in zip(entering, found.adjusted, found.rejected, strict=True)
        ],
    }


def _entering(
    protocol: Protocol, hypothesis: str | SubgroupHypothesis, tested: HypothesisResults, month: str | None
) -> _Entering:
    if hypothesis == PRIMARY:
        return _primary(protocol, tested)
    if isinstance(hypothesis, SubgroupHypothesis):
        label = f"{protocol.covariate(hypothesis.subgroup).label}: {hypothesis.level}"
        name, rows = hypothesis.key, [one for one in tested.supplementary if one["name"] == label]
    else:
        name, rows = hypothesis, [one for one in tested.secondary if one["name"] == hypothesis]
        label = str(rows[0]["label"])
    found: float | None = rows[0]["p_value"]
    if tested.month != month:
        return _Entering(name, label, found, 1.0, f"tested in {month} alone")
    if found is None:
        return _Entering(name, label, None, 1.0, NOT_ESTIMABLE)
    return _Entering(name, label, found, found, "")


def _primary(protocol: Protocol, tested: HypothesisResults) -> _Entering:
    label, unadjusted = protocol.outcome.label, float(tested.effect["primary"]["p_value"])
    found: float | None = (tested.effect["monitoring"] or {}).get("sequential_p")
    if found is None:
        return _Entering(PRIMARY, label, unadjusted, 1.0, UNCONTROLLED)
    if isinstance(protocol.monitoring, SingleLookPlan):
        return _Entering(PRIMARY, label, unadjusted, found, "")
    return _Entering(PRIMARY, label, unadjusted, found, "sequential p-value")
