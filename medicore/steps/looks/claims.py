"""What one look may claim by its plan: valid interval, sequential p-value, crossing, and what follows a stop."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from medicore.records.protocol.monitoring import AlphaSpendingPlan, ConfidenceSequencePlan, Plan
from medicore.records.results.looks import Boundary
from medicore.stats.monitoring.boundaries import AlphaSpending
from medicore.stats.monitoring.lower_bounds import futility_bounds
from medicore.stats.monitoring.repeated import repeated_interval, sequential_p_value
from medicore.stats.monitoring.stagewise import StageWise, stage_wise
from medicore.steps.looks.boundaries import Counted, efficacy, function_of, sequence, spending_boundaries


def normal_quantile(value: float, standard_error: float, degrees_of_freedom: float | None) -> float:
    """Return the z with the p-value of value/SE under Student's t, and its sign; value/SE itself where it is normal."""
    statistic = value / standard_error
    if degrees_of_freedom is None:
        return statistic
    chance = float(stdtr(degrees_of_freedom, -abs(statistic)))
    return float(np.sign(statistic) * -ndtri(chance)) if chance > 0 else statistic


def multiple(boundary: Boundary, sides: int, degrees_of_freedom: float | None) -> float:
    """Return how many standard errors the valid interval reaches: the boundary, or Student's quantile at its level."""
    if degrees_of_freedom is None or np.isinf(boundary.critical_value):
        return boundary.critical_value
    return float(-stdtrit(degrees_of_freedom, boundary.nominal_level / sides))


def sides_of(plan: Plan) -> int:
    """Return the number of sides of the primary boundary."""
    return getattr(plan, "sides", 2)


def sign_of(plan: Plan) -> int:
    """Return −1 where a lower value is the benefit, and otherwise 1."""
    return -1 if getattr(plan, "benefit", None) == "lower" else 1


def valid_interval(
    plan: Plan, boundary: Boundary, value: float, standard_error: float, degrees_of_freedom: float | None
) -> tuple[float, float]:
    """Return the interval, on the scale of inference, that holds at every look together: value ∓ multiple · SE.

    A one-sided one is bounded on the side of no benefit alone; one whose boundary is infinite is the whole line.
    """
    reach = multiple(boundary, sides_of(plan), degrees_of_freedom)
    if np.isinf(reach):
        return -np.inf, np.inf
    low, high = repeated_interval(sign_of(plan) * value, standard_error, reach, sides=sides_of(plan))
    return (low, high) if sign_of(plan) > 0 else (-high, -low)


def crossed(plan: Plan, boundary: Boundary, z: float) -> bool:
    """Return whether a statistic is at or beyond its boundary."""
    return (abs(z) if sides_of(plan) == 2 else sign_of(plan) * z) >= boundary.critical_value


def sequential_p(plan: Plan, counted: Sequence[Counted], boundary: Boundary) -> float | None:
    """Return the sequential p-value after all counted looks; None for a look without control.

    It is the smallest level at which one of the looks would have crossed its boundary. Looks before the first that may
    speak have no part in it; where there are only such looks it is 1.
    """
    if isinstance(plan, AlphaSpendingPlan):
        spoken = [one.numbers for one in counted if one.numbers.n >= plan.first_subjects]
        if not spoken:
            return 1.0
        fractions = [one.information / plan.maximum for one in spoken]
        return sequential_p_value(efficacy(plan), fractions, [sign_of(plan) * one.z for one in spoken])
    if isinstance(plan, ConfidenceSequencePlan):
        planned = sequence(plan)
        return min(planned.p_value(sign_of(plan) * one.numbers.z, 1.0, one.numbers.n) for one in counted)
    return 2 * float(ndtr(-abs(counted[-1].numbers.z))) if boundary.controlled else None


@dataclass(frozen=True, slots=True)
class Bound:
    """A non-binding bound of a look: z at or beyond ``critical_value`` crosses it."""

    critical_value: float
    crossed: bool


def harm_bound(plan: AlphaSpendingPlan, counted: Sequence[Counted]) -> tuple[Bound, Boundary] | None:
    """Return the bound for harm at the last look, with its level; None without one. Harm lies against the benefit."""
    if plan.harm is None:
        return None
    design = AlphaSpending(function_of(plan.harm), plan.harm.alpha, 1)
    found = spending_boundaries(design, plan, counted, [None] * len(counted))[-1]
    against = -sign_of(plan) * counted[-1].numbers.z
    return Bound(-sign_of(plan) * found.critical_value, against >= found.critical_value), found


def futility_bound(
    plan: AlphaSpendingPlan, counted: Sequence[Counted], boundaries: Sequence[Boundary]
) -> Bound | None:
    """Return the bound for futility at the last look, on the scale of z; None without one, or where nothing new came.

    At or past the planned maximum there is no futility: the study is at its end.
    """
    last = boundaries[-1]
    if plan.futility is None or last.kept or (last.fraction or 0.0) >= 1:
        return None
    rising = [one for one in boundaries if not one.kept]
    function = function_of(plan.futility)
    drift = plan.futility.effect * float(np.sqrt(plan.maximum))
    fractions = [float(one.fraction or 0.0) for one in rising]
    upper = [one.critical_value for one in rising]
    bound = futility_bounds(fractions, upper, function, plan.futility.beta, drift)[-1]
    numbers = counted[-1].numbers
    spoken = numbers.n >= plan.first_subjects
    return Bound(sign_of(plan) * bound, spoken and sign_of(plan) * numbers.z <= bound)


def after_stop(
    plan: Plan,
    counted: Sequence[Counted],
    boundaries: Sequence[Boundary],
    value: float,
    standard_error: float,
    level: float,
) -> StageWise | None:
    """Return the stage-wise estimate, interval and p-value of alpha spending where the last look ends the study.

    It ends it by the first crossing, or by the planned maximum of information; any other look has none, and so has one
    after a crossing: whoever went on did not stop there. All is on the scale of inference.
    """
    last, numbers = boundaries[-1], counted[-1].numbers
    if not isinstance(plan, AlphaSpendingPlan) or last.kept:
        return None
    before = [
        crossed(plan, one, look.numbers.z) for one, look in zip(boundaries[:-1], counted[:-1], strict=True)
    ]
    if any(before) or not (crossed(plan, last, numbers.z) or (last.fraction or 0.0) >= 1):
        return None
    rising = [one for one in boundaries if not one.kept]
    fractions = [float(one.fraction or 0.0) for one in rising]
    upper = [one.critical_value for one in rising[:-1]]
    lower = [-one if sides_of(plan) == 2 else -np.inf for one in upper]
    sign = sign_of(plan)
    found = stage_wise(fractions, lower, upper, sign * numbers.z, level=level)
    unit = abs(value / numbers.z) if numbers.z else standard_error
    scaled = found.scaled(unit, fractions[-1])
    if sign > 0:
        return scaled
    return replace(scaled, estimate=-scaled.estimate, low=-scaled.high, high=-scaled.low)
