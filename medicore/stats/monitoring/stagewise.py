"""Estimate, interval and p-value after a study stopped, by the stage-wise ordering (Tsiatis, Rosner & Mehta, 1984)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from medicore.errors import EstimationError
from medicore.stats.monitoring.crossing import crossing_probabilities
from medicore.stats.monitoring.spending import require_level

DRIFT_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class StageWise:
    """What a stopped study says of the effect.

    ``estimate`` is median-unbiased, ``low`` and ``high`` are the limits at ``level``: all on the scale of the drift, the
    mean of z at information fraction 1, until ``scaled``. ``p_value`` is one-sided, for an effect above 0;
    ``two_sided_p_value`` is twice the smaller tail.
    """

    p_value: float
    estimate: float
    low: float
    high: float
    level: float

    @property
    def two_sided_p_value(self) -> float:
        """Twice the smaller tail."""
        return 2 * min(self.p_value, 1 - self.p_value)

    def scaled(self, standard_error: float, fraction: float) -> "StageWise":
        """Return the same on the effect's scale: a drift of 1 is SE·√t, at the look where the study stopped.

        Raises EstimationError unless both are finite and above 0.
        """
        if not (0 < standard_error < np.inf and 0 < fraction < np.inf):
            raise EstimationError(
                f"standard error {standard_error:g} at information fraction {fraction:g}; expected finite numbers above "
                "0; look at the estimate"
            )
        unit = float(standard_error * np.sqrt(fraction))
        return StageWise(self.p_value, self.estimate * unit, self.low * unit, self.high * unit, self.level)


def stage_wise(
    fractions: Sequence[float],
    lower: Sequence[float],
    upper: Sequence[float],
    z: float,
    *,
    level: float = 0.95,
) -> StageWise:
    """Return what a study says that stopped at the last of ``fractions`` with the statistic ``z``.

    ``lower`` and ``upper`` are the bounds of the looks before, one fewer than the fractions; both must have stopped the
    study had they been crossed. A result is more extreme upwards the earlier it crossed above, at the same look the
    larger its z, and below everything else the earlier it crossed below. With p(δ) the probability of a result at least
    as extreme under the drift δ: p-value p(0), estimate p = 1/2, limits p = (1 ∓ level)/2. Raises EstimationError unless
    z is finite, 0 < level < 1, and as ``crossing_probabilities`` does.
    """
    require_level(level, "level")
    if not np.isfinite(z):
        raise EstimationError(f"the statistic is {z:g}; expected a finite number; look at the estimate")
    low, high = (*lower, -np.inf), (*upper, z)

    def tail(drift: float) -> float:
        return sum(crossing_probabilities(fractions, low, high, drift).upper)

    p_value = tail(0.0)
    middle = float(z / np.sqrt(fractions[-1]))
    unit = float(1 / np.sqrt(fractions[-1]))

    def drift_at(probability: float) -> float:
        """Return the drift at which a result at least as extreme has this probability."""
        below, above = middle - unit, middle + unit
        while tail(below) > probability:
            below -= unit
        while tail(above) < probability:
            above += unit
        return float(brentq(lambda drift: tail(drift) - probability, below, above, xtol=DRIFT_TOLERANCE))

    half = (1 - level) / 2
    return StageWise(p_value, drift_at(0.5), drift_at(half), drift_at(1 - half), level)
