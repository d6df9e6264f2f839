"""The result of a bootstrap: replicates, failures counted by reason, standard error and named intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from medicore.errors import EstimationError

Vector = NDArray[np.float64]
IntervalKind = Literal["percentile", "BCa"]


@dataclass(frozen=True, slots=True)
class BootstrapResult:
    """Replicates of the estimate; failed replicates are left out, and ``failed`` counts them by reason.

    ``estimates`` is ``(B,)``, the primary estimator's effect; ``arm_means`` ``(B, 2)``, the means under
    treatment and control whose difference it is; ``hajek`` and ``g_computation`` ``(B,)``, the same effect by
    the other two estimators from the same resamples. ``value`` is the full sample's estimate and
    ``acceleration`` the constant of its BCa interval.
    """

    value: float
    estimates: Vector
    arm_means: Vector
    hajek: Vector
    g_computation: Vector
    replicates: int
    failed: Mapping[str, int]
    seed: int
    acceleration: float

    @property
    def standard_error(self) -> float:
        """Standard deviation of the replicates, ddof 1."""
        return float(self.estimates.std(ddof=1))

    @property
    def spread(self) -> float:
        """Half the range of the central 68.27 % of the replicates, which is their standard deviation if they are normal.

        In small samples single replicates with hardly any overlap are far out and rule the standard deviation, which is
        infinite in theory (Ghosh, Parr, Singh & Babu, 1984); they leave the spread as it is. The ends are
        median-unbiased quantiles (Hyndman & Fan, 1996, definition 8), so that few replicates do not make it smaller.
        """
        low, high = np.quantile(self.estimates, [ndtr(-1.0), ndtr(1.0)], method="median_unbiased")
        return float(high - low) / 2

    @property
    def bias_correction(self) -> float:
        """z0: the normal quantile of the share of replicates below the estimate; ties count half.

        Raises EstimationError when all replicates lie on one side of the estimate.
        """
        below = np.count_nonzero(self.estimates < self.value)
        ties = np.count_nonzero(self.estimates == self.value)
        share = (below + ties / 2) / len(self.estimates)
        if not 0 < share < 1:
            raise EstimationError(
                "every bootstrap replicate lies on one side of the estimate; a BCa interval needs both; look at "
                "the replicates before using any interval"
            )
        return float(ndtri(share))

    def interval(self, level: float, kind: IntervalKind) -> tuple[float, float]:
        """Return the interval of the given ``kind`` at ``level``."""
        return self.percentile_interval(level) if kind == "percentile" else self.bca_interval(level)

    def percentile_interval(self, level: float) -> tuple[float, float]:
        """Return the percentile interval (Efron & Tibshirani, 1993, chapter 13), interpolated between order statistics."""
        return self._between(0.5 - level / 2, 0.5 + level / 2)

    def bca_interval(self, level: float) -> tuple[float, float]:
        """Return the bias-corrected and accelerated interval (Efron, 1987; Efron & Tibshirani, 1993, equation 14.10).

        Its limits are the quantiles Φ(z0 + (z0 + z)/(1 − a(z0 + z))) with z = ∓Φ⁻¹((1 + level)/2), interpolated
        linearly between order statistics. Raises EstimationError when all replicates lie on one side of the estimate.
        """
        shift = self.bias_correction
        outward = float(ndtri(0.5 + level / 2))
        moved = [shift + z for z in (-outward, outward)]
        low, high = (float(ndtr(shift + z / (1 - self.acceleration * z))) for z in moved)
        return self._between(low, high)

    def _between(self, low: float, high: float) -> tuple[float, float]:
        ends = np.quantile(self.estimates, [low, high], method="linear")
        return float(ends[0]), float(ends[1])


def acceleration(influence: Vector) -> float:
    """Return the BCa acceleration Σu³/(6(Σu²)^{3/2}) of influence values, ``(n,)``.

    It uses the empirical influence function instead of the jackknife (Efron & Tibshirani, 1993, equation 14.15
    and section 22.4). Any positive multiple of the influence values gives the same acceleration.
    """
    centred = influence - influence.mean()
    spread = float((centred**2).sum())
    return float((centred**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
