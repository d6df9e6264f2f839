"""Probabilities to cross boundaries, look by look, under any drift."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from medicore.errors import EstimationError
from medicore.stats.monitoring.integration import (
    START,
    require_bounds,
    require_fractions,
    share_above,
    share_below,
    still_running,
)


@dataclass(frozen=True, slots=True)
class Crossing:
    """For each look, the probability to cross a boundary there for the first time: ``upper`` and ``lower``."""

    upper: tuple[float, ...]
    lower: tuple[float, ...]

    @property
    def any(self) -> float:
        """The probability to cross one of them at one of the looks."""
        return sum(self.upper) + sum(self.lower)


def crossing_probabilities(
    fractions: Sequence[float], lower: Sequence[float], upper: Sequence[float], drift: float = 0.0
) -> Crossing:
    """Return the probabilities to cross ``lower`` or ``upper``, one of each for each look, when both stop the study.

    ``drift`` is the mean of z at information fraction 1: the effect times the root of the planned maximum information.
    The statistic of look k is normal with mean drift·√t and independent increments (Jennison & Turnbull,
    2000, chapter 3). Bounds may be infinite. Raises EstimationError unless fractions rise, there is a bound for every look,
    no lower one above its upper one, and the drift is finite.
    """
    require_fractions(fractions)
    require_bounds(len(fractions), lower=lower, upper=upper)
    if any(low > high for low, high in zip(lower, upper, strict=True)):
        raise EstimationError("a lower bound is above its upper bound; expected it below; look at the design")
    if not np.isfinite(drift):
        raise EstimationError(f"the drift is {drift:g}; expected a finite number; look at the effect")
    paths = START
    above, below = [], []
    following = (*fractions[1:], None)
    for fraction, low, high, after in zip(fractions, lower, upper, following, strict=True):
        above.append(share_above(paths, fraction, high, drift))
        below.append(share_below(paths, fraction, low, drift))
        if after is not None:
            paths = still_running(paths, fraction, low, high, after, drift)
    return Crossing(tuple(above), tuple(below))
