"""What a stopped study says of its effect a second time: paths are carried under one drift, and every other reweights them.

Nothing here is shared with the stage-wise estimate's own route, neither code nor algorithm.

====================  ======================================  =============================================
part                  stage-wise estimate                     here
====================  ======================================  =============================================
paths under a drift   carried again for every drift           carried under z/√t alone, and reweighted
integration           Simpson's rule on equal steps           Gauss–Legendre panels
normal distribution   ndtr                                    erfc
root                  of the tail, by Brent's method          of the tail's logit, by Alefeld, Potra & Shi
====================  ======================================  =============================================
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, log, sqrt

import numpy as np
from scipy.optimize import toms748

from medicore.stats.verification_motion import FARTHEST, REST, Motion, carried, chance_above

SMALLEST = 1e-300
"""A tail is at least this, so that it has a logarithm."""
TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Stopped:
    """Median-unbiased drift, its limits, and the two-sided p-value; a drift of 1 is z = √t at information fraction t."""

    estimate: float
    low: float
    high: float
    p_value: float


def stopped(
    fractions: Sequence[float], bounds: Sequence[float], sides: int, z: float, level: float
) -> Stopped:
    """Return what a study says that stopped at the last of ``fractions`` with the statistic ``z``.

    ``bounds`` are those of z at the looks before, one fewer than the fractions; with two ``sides`` their negatives are bounds
    as well. A result is as extreme upwards as a crossing above at an earlier look, or a z as large at the last.
    """
    last, half = sqrt(fractions[-1]), (1 - level) / 2
    near = _Paths.of(fractions, bounds, sides, z, z / last)
    estimate, low, high = (_drift(near, p, 1 / last) for p in (0.5, half, 1 - half))
    above = _Paths.of(fractions, bounds, sides, z, 0.0).above(0.0)
    return Stopped(estimate, low, high, 2 * min(above, 1 - above))


@dataclass(frozen=True, slots=True)
class _Paths:
    """The paths before each look under the drift ``carried_under``, with the look's time and the bound of z above."""

    carried_under: float
    reached: tuple[tuple[Motion, float, float], ...]

    @classmethod
    def of(
        cls, fractions: Sequence[float], bounds: Sequence[float], sides: int, z: float, drift: float
    ) -> "_Paths":
        motions = [REST]
        for time, bound, following in zip(fractions, bounds, fractions[1:], strict=False):
            low = max(
                -bound if sides == 2 else -inf, -FARTHEST
            )  # an early crossing asks for drifts far below z/√t
            motions.append(carried(motions[-1], time, low, bound, following, drift))
        return cls(drift, tuple(zip(motions, fractions, (*bounds, z), strict=True)))

    def above(self, drift: float) -> float:
        """Return the probability under a drift of a result as extreme."""
        under = [(self._under(motion, drift), time, bound) for motion, time, bound in self.reached]
        return float(sum(chance_above(motion, time, bound, drift) for motion, time, bound in under))

    def _under(self, motion: Motion, drift: float) -> Motion:
        """Return the paths under another drift δ: each has the likelihood ratio exp(δw − δ²t/2) (Girsanov, 1960)."""
        moved, squares = drift - self.carried_under, drift**2 - self.carried_under**2
        ratio = np.exp(moved * motion.places - squares * motion.time / 2)
        return Motion(motion.time, motion.places, motion.masses * ratio)

    def logit(self, drift: float) -> float:
        """Return the logarithm of the odds of a result as extreme; it rises with the drift."""
        chance = self.above(drift)
        return log(max(chance, SMALLEST)) - log(max(1 - chance, SMALLEST))


def _drift(paths: _Paths, probability: float, unit: float) -> float:
    """Return the drift at which a result as extreme has this probability."""
    wanted = log(probability / (1 - probability))
    below, above = paths.carried_under - unit, paths.carried_under + unit
    while paths.logit(below) > wanted:
        below -= unit
    while paths.logit(above) < wanted:
        above += unit
    return float(toms748(lambda drift: paths.logit(drift) - wanted, below, above, xtol=TOLERANCE))
