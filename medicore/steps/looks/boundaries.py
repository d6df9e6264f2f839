"""Boundaries of all looks of a study, look by look: what earlier looks claimed stands."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy.special import ndtr, ndtri

from medicore.records.protocol.monitoring import (
    AlphaSpendingPlan,
    ConfidenceSequencePlan,
    Plan,
    SingleLookPlan,
    SpendingFunction,
)
from medicore.records.results.looks import Boundary, Claim, SeenEstimate, SeenLook
from medicore.stats.monitoring.boundaries import AlphaSpending, Look, looks
from medicore.stats.monitoring.confidence_sequence import ConfidenceSequence
from medicore.stats.monitoring.integration import SMALLEST_RISE
from medicore.stats.monitoring.spending import Spending

Boundaries = tuple[Boundary | None, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """A look that counts: its numbers are known, and they answer today's question."""

    month: str
    numbers: SeenEstimate
    claim: Claim | None


def reruns(seen: Sequence[SeenLook]) -> tuple[int | None, ...]:
    """Return for each look the place of the first look with the same delivered files and the same numbers, if there is one."""
    first: dict[tuple[str, str], int] = {}
    found: list[int | None] = []
    for place, look in enumerate(seen):
        key = None if look.seen is None else (look.lock, look.seen.digest)
        before = first.get(key) if key is not None else None
        found.append(before)
        if key is not None:
            first.setdefault(key, place)
    return tuple(found)


def boundaries_of(plan: Plan, level: float, seen: Sequence[SeenLook]) -> Boundaries:
    """Return the boundary of every look; None where its numbers are unknown, or it answered another question.

    The last look is the one that is made now. A rerun has the boundary of the look that it repeats and spends nothing.
    """
    repeated, counted = reruns(seen), counted_looks(seen)
    found = dict(zip(counted, _of_plan(plan, level, [*counted.values()]), strict=True))
    return tuple(found.get(place if again is None else again) for place, again in enumerate(repeated))


def counted_looks(seen: Sequence[SeenLook]) -> dict[int, Counted]:
    """Return the looks that count, by place: with numbers, of the question of the last look, and no rerun."""
    now = seen[-1].seen
    question = None if now is None else now.question
    return {
        place: Counted(look.month, look.seen, look.claim)
        for place, (look, again) in enumerate(zip(seen, reruns(seen), strict=True))
        if look.seen is not None and look.seen.question == question and again is None
    }


def _of_plan(plan: Plan, level: float, seen: Sequence[Counted]) -> list[Boundary]:
    if isinstance(plan, AlphaSpendingPlan):
        told = [claimed(look, plan.method, spent=True) for look in seen]
        return spending_boundaries(efficacy(plan), plan, seen, told)
    if isinstance(plan, ConfidenceSequencePlan):
        return [claimed(look, plan.method) or _of_sequence(plan, look) for look in seen]
    return _of_month(plan, level, seen)


def claimed(look: Counted, method: str, *, spent: bool = False) -> Boundary | None:
    """Return the boundary that a look claimed by the same method; with ``spent``, only one that tells what it cost."""
    if look.claim is None or look.claim.method != method:
        return None
    boundary = look.claim.boundary
    return boundary if boundary.spent is not None or not spent else None


def efficacy(plan: AlphaSpendingPlan) -> AlphaSpending:
    """Return the design for the primary boundary."""
    return AlphaSpending(function_of(plan), plan.alpha, plan.sides)


def function_of(plan: SpendingFunction) -> Spending:
    """Return the spending function that a part of the plan declares."""
    return Spending(plan.function, plan.parameter)


def spending_boundaries(
    design: AlphaSpending,
    plan: AlphaSpendingPlan,
    seen: Sequence[Counted],
    told: Sequence[Boundary | None],
) -> list[Boundary]:
    """Return the boundaries of looks by alpha spending; those that are ``told`` stand, with what they spent.

    A look whose information did not rise keeps the boundary of the look before. A look before ``first_subjects`` spends
    nothing and has no boundary. A level that an earlier design spent is spent: nothing comes back.
    """
    made: list[Look] = []
    for look, standing in zip(seen, told, strict=True):
        fraction = look.numbers.information / plan.maximum
        last = made[-1] if made else None
        if last is not None and fraction <= last.fraction * (1 + SMALLEST_RISE):
            made.append(replace(last, kept=True))
        elif standing is not None:
            spent = max(standing.spent or 0.0, last.spent if last else 0.0)
            made.append(Look(fraction, standing.critical_value, standing.nominal_level, spent))
        else:
            made.append(_next(design, made, fraction, held=look.numbers.n < plan.first_subjects))
    return [
        Boundary(look.critical_value, look.nominal_level, look.fraction, look.spent, look.kept)
        for look in made
    ]


def _next(design: AlphaSpending, made: Sequence[Look], fraction: float, *, held: bool) -> Look:
    spent = made[-1].spent if made else 0.0
    if held or spent >= design.alpha:
        return Look(fraction, float("inf"), 0.0, spent)
    return looks(design, [fraction], earlier=made)[0]


def sequence(plan: ConfidenceSequencePlan) -> ConfidenceSequence:
    """Return the confidence sequence that the protocol plans."""
    return ConfidenceSequence(plan.alpha, plan.tuned_at, plan.first, plan.sides)


def _of_sequence(plan: ConfidenceSequencePlan, look: Counted) -> Boundary:
    multiple = sequence(plan).multiple(look.numbers.n)
    return Boundary(multiple, float(plan.sides * ndtr(-multiple)))


def _of_month(plan: SingleLookPlan, level: float, seen: Sequence[Counted]) -> list[Boundary]:
    """Return the boundaries where one month is planned: its first look has the whole level, every other look none."""
    months = [look.month for look in seen]
    chosen = months.index(plan.month) if plan.month in months else None
    whole = Boundary(float(ndtri(0.5 + level / 2)), 1 - level)
    none = Boundary(float("inf"), 0.0, controlled=False)
    return [whole if place == chosen else none for place in range(len(seen))]
