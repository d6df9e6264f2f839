"""The calibrated effect: an estimate without the systematic error that negative controls show."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from medicore.stats.calibration.error_distribution import ErrorDistribution


@dataclass(frozen=True, slots=True)
class CalibratedEffect:
    """An estimate on the scale of the controls, less the mean systematic error, with all of its uncertainty.

    ``standard_error`` is √(SE² + τ²). Interval and p-values use the normal distribution.
    """

    value: float
    standard_error: float

    def interval(self, level: float) -> tuple[float, float]:
        """Return the calibrated interval, value ∓ z·√(SE² + τ²)."""
        margin = float(ndtri(0.5 + level / 2)) * self.standard_error
        return self.value - margin, self.value + margin

    @property
    def p_value(self) -> float:
        """Return the two-sided calibrated p-value: twice the smaller tail of the fitted null."""
        return float(2 * ndtr(-abs(self.value) / self.standard_error))

    @property
    def p_above(self) -> float:
        """Return the one-sided calibrated p-value against an effect above 0."""
        return float(ndtr(-self.value / self.standard_error))


def calibrated_effect(value: float, standard_error: float, error: ErrorDistribution) -> CalibratedEffect:
    """Return an effect calibrated by the systematic error of negative controls.

    Under no effect the estimate is N(μ, τ² + SE²) (Schuemie et al., 2014, section 2.4). The interval takes the same
    error for a true effect that is not 0, which negative controls alone cannot show (Schuemie et al., 2018).
    """
    return CalibratedEffect(value - error.mean, float(np.hypot(standard_error, error.deviation)))
