"""What every estimator returns: a point estimate, its standard error, and a description of both."""

from dataclasses import dataclass

from scipy.special import ndtr, ndtri, stdtr, stdtrit


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate of one estimand by one estimator.

    ``estimand`` is ATE, ATT, ATO, or one of these in a named subgroup or trimmed population. ``variance`` names the
    method of ``standard_error`` and its ddof. ``n`` is the number of subjects in the analysis. Intervals and p-values
    use Student's t when ``degrees_of_freedom`` is given, otherwise the normal distribution.
    """

    estimand: str
    estimator: str
    value: float
    standard_error: float
    variance: str
    n: int
    degrees_of_freedom: float | None = None

    def interval(self, level: float) -> tuple[float, float]:
        """Return the Wald interval, value ∓ q·SE, where q is the (1 + level)/2 quantile."""
        chance = 0.5 + level / 2
        if self.degrees_of_freedom is None:
            quantile = float(ndtri(chance))
        else:
            quantile = float(stdtrit(self.degrees_of_freedom, chance))
        margin = quantile * self.standard_error
        return self.value - margin, self.value + margin

    @property
    def p_value(self) -> float:
        """Return the two-sided p-value of the Wald test that the value is 0; 1.0 where value and SE are both 0."""
        if self.standard_error == 0:
            return 1.0 if self.value == 0 else 0.0
        statistic = -abs(self.value / self.standard_error)
        if self.degrees_of_freedom is None:
            return float(2 * ndtr(statistic))
        return float(2 * stdtr(self.degrees_of_freedom, statistic))
