"""Double programming of a look: what the second implementation claims, and how far the first is from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isinf, isnan, sqrt
from typing import Any

from medicore.records.results.looks import stored_number
from medicore.stats.monitoring.stagewise import StageWise
from medicore.stats.verification_sequence import nominal_level, student_bound
from medicore.steps.looks.claims import sides_of, sign_of
from medicore.steps.looks.second_claims import Looked, SecondClaim, second_claim

TOLERANCE = 1e-5
"""Largest difference of bounds and limits, in standard errors, or relative to a bound above 1.

Simpson's rule of the first implementation is within 5e-8 of a boundary where looks are months apart, and within 4e-7
where information rises by a few hundred-thousandths; a boundary that is wrong in its fourth decimal is beyond this.
"""
LEVEL_TOLERANCE = 1e-6
"""Largest difference of levels and p-values: the probabilities of the first implementation are within 1e-7."""
LIBRARY = "SciPy"
ROUTES: Mapping[str, str] = {
    "alpha spending": (
        "Gauss–Legendre panels on the score scale, spending functions by erfc, roots of the logarithm of the probability, and "
        "drifts by likelihood ratios of the same paths"
    ),
    "confidence sequence": "mixture of likelihood ratios by the trapezoidal rule, roots of its logarithm",
    "single": "inverse complementary error function",
}


@dataclass(frozen=True, slots=True)
class FirstClaim:
    """What the first implementation claims of the last look: the valid interval, and bounds for harm and futility on z.

    The interval is on the scale of inference, and so is ``stage_wise``, which is None where the study goes on.
    """

    low: float
    high: float
    harm: float | None
    harm_spent: float | None
    futility: float | None
    stage_wise: StageWise | None = None


def confirmed(second: Mapping[str, Any]) -> bool:
    """Return whether the differences of a verified look are tolerated; NaN, which confirms nothing, is not."""
    return bool(
        float(second["difference"]) <= second["tolerance"]
        and float(second["level_difference"]) <= second["level_tolerance"]
    )


def verified_look(looked: Looked, first: FirstClaim, on_measure: Callable[[float], float]) -> dict[str, Any]:
    """Return the claim of the second implementation, and the largest differences from the first.

    ``on_measure`` takes a limit from the scale of inference to the measure's own. A difference is infinite where one of
    the two has no number, so that it is beyond every tolerance.
    """
    second, sign = second_claim(looked), sign_of(looked.plan)
    low, high = _limits(looked, second.boundary)
    harm = (
        None if second.harm is None else {"boundary": -sign * second.harm.bound, "spent": second.harm.spent}
    )
    futility = None if second.futility is None else {"boundary": sign * second.futility.bound}
    ended = _ended(looked, second)
    return {
        "library": LIBRARY,
        "route": ROUTES[looked.plan.method],
        "boundary": stored_number(second.boundary),
        "ci_low": stored_number(on_measure(low)),
        "ci_high": stored_number(on_measure(high)),
        "spent": second.spent,
        "sequential_p": second.p,
        "harm": _stored(harm),
        "futility": _stored(futility),
        "stage_wise": None if ended is None else ended.shown(on_measure),
        "looks": [
            {
                "number": looked.numbers[one.place],
                "crossing": one.cost.crossing,
                "allowed": one.cost.allowed,
                "boundary": stored_number(one.cost.bound),
            }
            for one in second.costs
        ],
        "difference": stored_number(_of_bounds(looked, first, second, (low, high), ended)),
        "tolerance": TOLERANCE,
        "level_difference": stored_number(_of_levels(looked, first, second, ended)),
        "level_tolerance": LEVEL_TOLERANCE,
    }


def _limits(looked: Looked, boundary: float) -> tuple[float, float]:
    """Return the valid interval on the scale of inference: open where one side has no limit, or nothing is claimed."""
    degrees, sides, sign = looked.degrees_of_freedom, sides_of(looked.plan), sign_of(looked.plan)
    reach = boundary
    if degrees is not None and not isinf(boundary):
        reach = student_bound(nominal_level(boundary, sides), sides, degrees)
    numbers = looked.counted[-1].numbers
    low, high = (numbers.estimate + end * reach * numbers.standard_error for end in (-1, 1))
    if sides == 2:
        return low, high
    return (low, inf) if sign > 0 else (-inf, high)


@dataclass(frozen=True, slots=True)
class _Ended:
    """What the second implementation says of the effect where the look ends the study, on the scale of inference."""

    estimate: float
    low: float
    high: float
    p_value: float

    def shown(self, on_measure: Callable[[float], float]) -> dict[str, float]:
        """Return it as results hold it, on the measure's own scale."""
        ends = {"estimate": self.estimate, "ci_low": self.low, "ci_high": self.high}
        return {key: on_measure(value) for key, value in ends.items()} | {"p_value": self.p_value}


def _ended(looked: Looked, second: SecondClaim) -> _Ended | None:
    """Return what is said of the effect; z = θ/s gives s, and a drift of 1 is s·√t."""
    found, numbers = second.stopped, looked.counted[-1].numbers
    if found is None:
        return None
    unit = abs(numbers.estimate / looked.z) if looked.z else numbers.standard_error
    unit *= sign_of(looked.plan) * sqrt(second.costs[-1].recorded.fraction)
    low, high = sorted((found.low * unit, found.high * unit))
    return _Ended(found.estimate * unit, low, high, found.p_value)


def _of_bounds(
    looked: Looked, first: FirstClaim, second: SecondClaim, limits: tuple[float, float], ended: _Ended | None
) -> float:
    """Return the largest difference of statistic, boundaries and limits, in standard errors."""
    numbers, boundary, sign = looked.counted[-1].numbers, looked.boundaries[-1], sign_of(looked.plan)
    pairs: list[tuple[float | None, float | None]] = [
        (looked.z, numbers.z),
        (second.boundary, boundary.critical_value),
    ]
    for limit, claimed in zip(limits, (first.low, first.high), strict=True):
        ends = [(end - numbers.estimate) / numbers.standard_error for end in (limit, claimed)]
        pairs.append((ends[0], ends[1]))
    pairs += [(one.cost.bound, one.recorded.bound) for one in second.costs if one.made and one.cost.noted]
    for bound, other, direction in (
        (second.harm, first.harm, -sign),
        (second.futility, first.futility, sign),
    ):
        if bound is None or other is None or bound.noted:
            pairs.append((None if bound is None else direction * bound.bound, other))
    for name in ("estimate", "low", "high"):
        own, other = (getattr(said, name, None) for said in (ended, first.stage_wise))
        unit = numbers.standard_error
        pairs.append((None if own is None else own / unit, None if other is None else other / unit))
    return max(apart(*pair) for pair in pairs)


def _of_levels(looked: Looked, first: FirstClaim, second: SecondClaim, ended: _Ended | None) -> float:
    """Return the largest difference of levels spent, nominal levels and p-values.

    What a look costs by its boundary, and what the spending function lets it spend, are both held against what is
    recorded as spent.
    """
    boundary, sides = looked.boundaries[-1], sides_of(looked.plan)
    pairs = [
        (nominal_level(second.boundary, sides), boundary.nominal_level),
        (second.p, looked.p),
        (second.spent, boundary.spent),
        (None if second.harm is None else second.harm.spent, first.harm_spent),
        (
            None if ended is None else ended.p_value,
            None if first.stage_wise is None else first.stage_wise.two_sided_p_value,
        ),
    ]
    before = 0.0
    for one in second.costs:
        recorded = one.recorded.spent - before
        before = one.recorded.spent
        if one.made:
            pairs += [(one.cost.crossing, recorded), (one.cost.allowed, recorded)]
    return max(apart(*pair) for pair in pairs)


def apart(own: float | None, other: float | None) -> float:
    """Return the difference of two numbers, relative where the other is beyond 1; infinite where one of them is none."""
    if own is None or other is None:
        return 0.0 if own is other else inf
    if own == other:
        return 0.0
    gap = abs(own - other) / max(1.0, abs(other))
    return inf if isnan(gap) else gap


def _stored(bound: Mapping[str, float] | None) -> dict[str, Any] | None:
    return None if bound is None else {key: stored_number(value) for key, value in bound.items()}
