"""What every estimator returns: a point, its standard error, and what exactly they are of."""

from dataclasses import dataclass

from scipy.special import ndtr, ndtri


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate of one estimand by one estimator.

    ``estimand`` is ATE, ATT, ATO or a named subgroup or trimmed population of these; ``variance`` names how
    ``standard_error`` was computed (and its ddof); ``n`` counts the subjects that entered.
    """

    estimand: str
    estimator: str
    value: float
    standard_error: float
    variance: str
    n: int

    def interval(self, level: float) -> tuple[float, float]:
        """Return the Wald interval, value ∓ z·SE with z the normal quantile of (1 + level)/2."""
        margin = float(ndtri(0.5 + level / 2)) * self.standard_error
        return self.value - margin, self.value + margin

    @property
    def p_value(self) -> float:
        """Two-sided p-value of the Wald test that the value is 0; 1.0 where value and SE are both 0."""
        if self.standard_error == 0:
            return 1.0 if self.value == 0 else 0.0
        return float(2 * ndtr(-abs(self.value / self.standard_error)))
