"""What a look may claim, by the second implementation of monitoring: each plan's boundary, levels and p-value."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, sqrt

from medicore.records.protocol.monitoring import (
    AlphaSpendingPlan,
    ConfidenceSequencePlan,
    Plan,
    SingleLookPlan,
    SpendingFunction,
)
from medicore.records.results.looks import Boundary
from medicore.stats.verification_sequence import (
    anytime_p,
    multiple,
    nominal_level,
    normal_bound,
    student_as_normal,
    tuned,
)
from medicore.stats.verification_spending import (
    SAME_INFORMATION,
    Costed,
    Function,
    Recorded,
    costed,
    futility_bound,
    own_looks,
    sequential_p,
)
from medicore.stats.verification_stagewise import Stopped, stopped
from medicore.steps.looks.boundaries import Counted, claimed
from medicore.steps.looks.claims import sides_of, sign_of


@dataclass(frozen=True, slots=True)
class Looked:
    """The looks that count, by their numbers, with the boundaries of the first implementation; the last is judged.

    ``level`` is that of the protocol's intervals. ``p`` is the first implementation's sequential p-value.
    """

    plan: Plan
    level: float
    numbers: Sequence[int]
    counted: Sequence[Counted]
    boundaries: Sequence[Boundary]
    degrees_of_freedom: float | None
    p: float | None

    @property
    def z(self) -> float:
        """The statistic of the last look, computed from its estimate."""
        numbers, degrees = self.counted[-1].numbers, self.degrees_of_freedom
        t = numbers.estimate / numbers.standard_error
        return t if degrees is None else student_as_normal(t, degrees)

    def towards(self) -> list[float]:
        """Return the statistics of all looks in the direction of the benefit."""
        return [sign_of(self.plan) * z for z in (*(one.numbers.z for one in self.counted[:-1]), self.z)]


@dataclass(frozen=True, slots=True)
class LookCost:
    """A look whose information rose: its place among those that count, and what it costs.

    ``made`` says that no earlier run claimed its boundary, so that the first implementation has computed it now.
    """

    place: int
    recorded: Recorded
    cost: Costed
    made: bool


@dataclass(frozen=True, slots=True)
class SecondClaim:
    """The claim of the last look: boundary, level spent and p-value; bounds for harm and futility; what every look costs.

    ``stopped`` is what the study says where this look ends it, towards the benefit.
    """

    boundary: float
    p: float | None
    spent: float | None = None
    harm: Costed | None = None
    futility: Costed | None = None
    costs: tuple[LookCost, ...] = ()
    stopped: Stopped | None = None


def second_claim(looked: Looked) -> SecondClaim:
    """Return the claim of the last look. A boundary that an earlier run claimed stands."""
    plan = looked.plan
    if isinstance(plan, AlphaSpendingPlan):
        return _of_spending(looked, plan)
    if isinstance(plan, ConfidenceSequencePlan):
        return _of_sequence(looked, plan)
    return _of_month(looked, plan)


def _of_spending(looked: Looked, plan: AlphaSpendingPlan) -> SecondClaim:
    costs = tuple(_costs(looked, plan))
    last = costs[-1]
    stands = not (last.made and last.cost.noted)
    return SecondClaim(
        last.recorded.bound if stands else last.cost.bound,
        _of_all(looked, plan),
        last.cost.spent if last.made else last.recorded.spent,
        None if plan.harm is None else _harm(looked, plan),
        _futility(looked, plan, costs),
        costs,
        _stopped(looked, plan, costs),
    )


def _costs(looked: Looked, plan: AlphaSpendingPlan) -> Iterator[LookCost]:
    """Yield the looks whose information rose, each with its cost."""
    places, before = [], 0.0
    fractions = _fractions(looked, plan)
    for place, fraction in enumerate(fractions):
        if fraction > before * (1 + SAME_INFORMATION):
            places.append(place)
            before = fraction
    waits = _held(looked, plan)
    recorded = [
        Recorded(fractions[place], boundary.critical_value, boundary.spent or 0.0, waits[place])
        for place in places
        for boundary in (looked.boundaries[place],)
    ]
    found = costed(_function(plan, plan.alpha, plan.sides), recorded)
    for place, one, cost in zip(places, recorded, found, strict=True):
        yield LookCost(place, one, cost, claimed(looked.counted[place], plan.method, spent=True) is None)


def _fractions(looked: Looked, plan: AlphaSpendingPlan) -> list[float]:
    return [one.numbers.information / plan.maximum for one in looked.counted]


def _held(looked: Looked, plan: AlphaSpendingPlan) -> list[bool]:
    return [one.numbers.n < plan.first_subjects for one in looked.counted]


def _function(plan: SpendingFunction, level: float, sides: int = 1) -> Function:
    return Function(plan.function, plan.parameter, level, sides)


def _of_all(looked: Looked, plan: AlphaSpendingPlan) -> float:
    """Return the sequential p-value of the looks that may speak."""
    spoken = [
        (fraction, z)
        for fraction, z, waits in zip(
            _fractions(looked, plan), looked.towards(), _held(looked, plan), strict=True
        )
        if not waits
    ]
    if not spoken:
        return 1.0
    fractions, statistics = zip(*spoken, strict=True)
    near = 1.0 if looked.p is None else looked.p
    return sequential_p(_function(plan, plan.alpha, plan.sides), fractions, statistics, near)


def _harm(looked: Looked, plan: AlphaSpendingPlan) -> Costed | None:
    if plan.harm is None:
        return None
    function = _function(plan.harm, plan.harm.alpha)
    return own_looks(function, _fractions(looked, plan), _held(looked, plan))[-1]


def _futility(looked: Looked, plan: AlphaSpendingPlan, costs: Sequence[LookCost]) -> Costed | None:
    """Return the bound for futility; None without one, where nothing new came, and at the planned end."""
    last = costs[-1]
    if plan.futility is None or last.place + 1 < len(looked.counted) or last.recorded.fraction >= 1:
        return None
    return futility_bound(
        _function(plan.futility, plan.futility.beta),
        plan.futility.effect * sqrt(plan.maximum),
        [one.recorded.fraction for one in costs],
        [one.recorded.bound for one in costs],
    )


def _stopped(looked: Looked, plan: AlphaSpendingPlan, costs: Sequence[LookCost]) -> Stopped | None:
    """Return what the study says where the last look is the first that crossed, or has all the planned information."""
    last, towards = costs[-1], looked.towards()
    over = [
        (abs(z) if plan.sides == 2 else z) >= boundary.critical_value
        for z, boundary in zip(towards, looked.boundaries, strict=True)
    ]
    if (
        last.place + 1 < len(looked.counted)
        or any(over[:-1])
        or not (over[-1] or last.recorded.fraction >= 1)
    ):
        return None
    return stopped(
        [one.recorded.fraction for one in costs],
        [one.recorded.bound for one in costs[:-1]],
        plan.sides,
        towards[-1],
        looked.level,
    )


def _of_sequence(looked: Looked, plan: ConfidenceSequencePlan) -> SecondClaim:
    now, rho = looked.counted[-1], tuned(plan.alpha, plan.tuned_at, plan.sides)
    stands = claimed(now, plan.method)
    if stands is not None:
        bound = stands.critical_value
    else:
        bound = inf if now.numbers.n < plan.first else multiple(plan.alpha, now.numbers.n * rho, plan.sides)
    p_values = [
        anytime_p(z, one.numbers.n * rho, plan.sides)
        for z, one in zip(looked.towards(), looked.counted, strict=True)
        if one.numbers.n >= plan.first
    ]
    return SecondClaim(bound, min(p_values, default=1.0))


def _of_month(looked: Looked, plan: SingleLookPlan) -> SecondClaim:
    months = [one.month for one in looked.counted]
    if plan.month not in months or months.index(plan.month) + 1 < len(months):
        return SecondClaim(inf, None)
    return SecondClaim(normal_bound(1 - looked.level, 2), nominal_level(abs(looked.z), sides_of(plan)))
