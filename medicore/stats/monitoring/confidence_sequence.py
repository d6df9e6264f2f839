"""Asymptotic confidence sequences: intervals around a mean of influence values that hold at every n at once."""

from dataclasses import dataclass

import numpy as np
from scipy.special import lambertw

from medicore.errors import EstimationError
from medicore.stats.monitoring.spending import Sides, require_level, require_sides


@dataclass(frozen=True, slots=True)
class ConfidenceSequence:
    """A confidence sequence at level 1 − ``alpha`` that is tightest at ``tuned_at`` subjects.

    ``tuned_at`` is declared before the data are seen. The sequence is valid as n grows, so it says nothing before
    ``first`` subjects. A one-sided one has a lower limit alone. Raises EstimationError unless 0 < alpha < 1 (of a
    one-sided one, 1/2), there are 1 or 2 sides, and both numbers of subjects are 1 or more.
    """

    alpha: float
    tuned_at: int
    first: int = 1
    sides: Sides = 2

    def __post_init__(self) -> None:
        require_level(self.alpha)
        require_sides(self.sides)
        if self.sides == 1 and self.alpha >= 0.5:
            raise EstimationError(
                f"a one-sided sequence has alpha {self.alpha:g}; expected less than 0.5; correct the design"
            )
        for name, count in (("tuned at", self.tuned_at), ("first spoken for at", self.first)):
            if count < 1:
                raise EstimationError(
                    f"the sequence is {name} {count} subjects; expected 1 or more; correct the design"
                )

    @property
    def rho_squared(self) -> float:
        """The tuning ρ², by which the interval is narrowest at ``tuned_at``; a one-sided one tunes at 2 alpha."""
        return tuning(self.alpha * (3 - self.sides), self.tuned_at)

    def multiple(self, n: int) -> float:
        """Return how many standard errors the interval reaches from the estimate at ``n`` subjects; infinite before ``first``.

        With v = nρ²: two-sided √(2(v + 1)/v · log(√(v + 1)/α)), one-sided √(2(v + 1)/v · log(1 + √(v + 1)/(2α)))
        (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, 2024). Raises
        EstimationError unless n is 1 or more.
        """
        if n < 1:
            raise EstimationError(
                f"the sequence was asked at {n} subjects; expected 1 or more; look at the cohort"
            )
        if n < self.first:
            return float("inf")
        v = n * self.rho_squared
        if self.sides == 2:
            size = np.log(np.sqrt(v + 1) / self.alpha)
        else:
            size = np.log1p(np.sqrt(v + 1) / (2 * self.alpha))
        return float(np.sqrt(2 * (v + 1) / v * size))

    def interval(self, value: float, standard_error: float, n: int) -> tuple[float, float]:
        """Return the interval at ``n`` subjects around an estimate with its influence-function standard error σ̂/√n.

        Raises EstimationError unless the estimate is finite and its standard error finite and above 0.
        """
        _require_estimate(value, standard_error)
        margin = self.multiple(n) * standard_error
        return value - margin, value + margin if self.sides == 2 else float("inf")

    def p_value(self, value: float, standard_error: float, n: int) -> float:
        """Return the p-value at ``n`` of no effect, valid at every n at once: 1 before ``first``.

        It is the alpha at which the limit of the interval meets 0, with ρ² as it is. With z the estimate in standard
        errors and e = exp(z²v/(2(v + 1))): two-sided √(v + 1)/e, one-sided √(v + 1)/(2(e − 1)) for z above 0; at most
        1, which it is for z below 0. Raises EstimationError as ``interval`` does.
        """
        _require_estimate(value, standard_error)
        if np.isinf(self.multiple(n)):
            return 1.0
        v, z = n * self.rho_squared, value / standard_error
        root, exponent = np.sqrt(v + 1), z * abs(z) * v / (2 * (v + 1))
        if self.sides == 2:
            return float(min(root * np.exp(-abs(exponent)), 1.0))
        if exponent <= np.log1p(root / 2):
            return 1.0
        return float(root * np.exp(-exponent) / (-2 * np.expm1(-exponent)))


def tuning(alpha: float, n: int) -> float:
    """Return the ρ² with which a two-sided sequence is narrowest at ``n``: (−W₋₁(−α²/e) − 1)/n.

    W₋₁ is the lower branch of Lambert's function (Waudby-Smith et al., 2024); ``approximate_tuning`` is
    its first terms. Raises EstimationError unless 0 < alpha < 1.
    """
    require_level(alpha)
    return float((-lambertw(-(alpha**2) * np.exp(-1), k=-1).real - 1) / n)


def approximate_tuning(alpha: float, n: int) -> float:
    """Return (−2 log α + log(−2 log α + 1))/n, the approximation of ``tuning`` in the same paper.

    Raises EstimationError unless 0 < alpha < 1.
    """
    require_level(alpha)
    size = -2 * np.log(alpha)
    return float((size + np.log1p(size)) / n)


def _require_estimate(value: float, standard_error: float) -> None:
    if not (np.isfinite(value) and 0 < standard_error < np.inf):
        raise EstimationError(
            f"an estimate of {value:g} with standard error {standard_error:g} has no confidence sequence; expected finite "
            "numbers, the error above 0; look at the estimate"
        )
