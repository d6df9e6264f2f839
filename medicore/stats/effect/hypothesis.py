"""Superiority, non-inferiority and equivalence: the limits that an interval is held against, and one-sided p-values."""

from dataclasses import dataclass, replace
from typing import Literal

from scipy.special import ndtr, stdtr

from medicore.errors import EstimationError
from medicore.stats.effect.estimate import Estimate

Kind = Literal["superiority", "non-inferiority", "equivalence"]
Benefit = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the effect must be above and below, on the scale of inference; None where nothing limits that side."""

    low: float | None
    high: float | None

    def hold(self, low: float, high: float) -> bool:
        """Return whether an interval from ``low`` to ``high`` lies strictly within the limits."""
        above = self.low is None or low > self.low
        return above and (self.high is None or high < self.high)


def limits_of(kind: Kind, margin: float | None, benefit: Benefit | None) -> Limits:
    """Return the limits of a hypothesis; ``margin`` is a distance from no effect on the scale of inference, above 0.

    Superiority: no effect, on the side of no benefit. Non-inferiority: the margin on that side. Equivalence: the margin on
    both sides (CPMP/EWP/482/99; FDA, Non-inferiority clinical trials, 2016).

    Raises EstimationError when a margin or a direction is lacking.
    """
    if kind == "superiority":
        distance = 0.0
    elif margin is None or margin <= 0:
        raise EstimationError(
            f"{kind} has the margin {margin}; expected one above 0 on the scale of inference; declare inference.margin"
        )
    else:
        distance = margin
    if kind == "equivalence":
        return Limits(-distance, distance)
    if benefit is None:
        raise EstimationError(f"{kind} has no direction; expected higher or lower; declare inference.benefit")
    return Limits(-distance, None) if benefit == "higher" else Limits(None, distance)


def one_sided_p(estimate: Estimate, limits: Limits) -> tuple[float | None, float | None]:
    """Return the p-values of the hypotheses that the effect is at or below the low limit, and at or above the high one.

    Of two one-sided tests (Schuirmann, 1987) the larger is that of equivalence. Student's t where the estimate has
    degrees of freedom. None where there is no limit.
    """
    below = None if limits.low is None else _tail(estimate, limits.low)
    if limits.high is None:
        return below, None
    mirrored = replace(estimate, value=-estimate.value)
    return below, _tail(mirrored, -limits.high)


def _tail(estimate: Estimate, limit: float) -> float:
    """Return the probability of a value as high as the estimate's where the effect is at the limit."""
    distance = estimate.value - limit
    if estimate.standard_error == 0:
        return 0.0 if distance > 0 else 1.0
    statistic = -distance / estimate.standard_error
    if estimate.degrees_of_freedom is None:
        return float(ndtr(statistic))
    return float(stdtr(estimate.degrees_of_freedom, statistic))
