"""Recursive numerical integration over the paths of a test statistic that have not stopped.

The statistic z of look k has information fraction t; z√t is a Brownian motion with drift at time t (Lan & Zucker,
1993). The recursion is that of Armitage, McPherson & Rowe (1969), by Simpson's rule (Jennison & Turnbull, 2000, chapter 19).
Their grid is as fine for looks that are close to each other as for others; here the panels are as wide as the distance
to the looks before and after allows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from medicore.errors import EstimationError

Vector = NDArray[np.float64]

FARTHEST_BELOW = 9.0
"""Paths farther below the mean, in standard deviations, have a probability of 1e-19 and are left out."""
FARTHEST_ABOVE = 15.0
"""Above the mean it takes more, for boundaries of tiny levels are crossed from there."""
PANEL = 0.12
"""Widest panel of Simpson's rule where the statistic moves by one standard deviation between looks."""
PANEL_POWER = 0.75
"""A move of s has panels of PANEL · s^0.75: the error at a boundary is of the order s(panel/s)⁴."""
SMALLEST_RISE = 1e-5
"""Relative rise of information below which a look has no information of its own."""
CELLS_AT_ONCE = 2_000_000
"""So many pairs of points are computed at once."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths still running after a look: probability ``masses`` at ``points`` of z, both ``(m,)``."""

    fraction: float
    points: Vector
    masses: Vector


START = Paths(0.0, np.zeros(1), np.ones(1))
"""Before the first look every path is at 0."""


def share_above(before: Paths, fraction: float, bound: float, drift: float = 0.0) -> float:
    """Return the probability to be running before a look at ``fraction`` and to have z ≥ ``bound`` there.

    ``drift`` is the mean of z at information fraction 1.
    """
    return float(before.masses @ ndtr(-_standardised(before, fraction, bound, drift)))


def share_below(before: Paths, fraction: float, bound: float, drift: float) -> float:
    """Return the probability to be running before a look at ``fraction`` and to have z ≤ ``bound`` there."""
    return float(before.masses @ ndtr(_standardised(before, fraction, bound, drift)))


def _standardised(before: Paths, fraction: float, bound: float, drift: float) -> Vector:
    step = fraction - before.fraction
    mean = before.points * np.sqrt(before.fraction) + drift * step
    standardised: Vector = (bound * np.sqrt(fraction) - mean) / np.sqrt(step)
    return standardised


def still_running(
    before: Paths, fraction: float, lower: float, upper: float, following: float, drift: float = 0.0
) -> Paths:
    """Return the paths that have ``lower`` < z < ``upper`` at a look at ``fraction``.

    ``following`` is the fraction of the look after it, which decides how close the points must be.
    """
    step = fraction - before.fraction
    move = np.sqrt(min(step, following - fraction) / fraction)
    points, weights = _grid(drift * np.sqrt(fraction), lower, upper, PANEL * move**PANEL_POWER)
    origin = (before.points * np.sqrt(before.fraction) + drift * step) / np.sqrt(step)
    place = points * np.sqrt(fraction / step)
    density = np.empty(len(points))
    height = max(1, CELLS_AT_ONCE // len(origin))
    for first in range(0, len(points), height):
        rows = slice(first, first + height)
        density[rows] = np.exp(-0.5 * (place[rows, None] - origin) ** 2) @ before.masses
    return Paths(fraction, points, weights * density * np.sqrt(fraction / step / (2 * np.pi)))


def _grid(mean: float, lower: float, upper: float, panel: float) -> tuple[Vector, Vector]:
    """Return points and weights of Simpson's rule between the bounds; of weight 0 where no path of note runs there."""
    low = max(lower, mean - FARTHEST_BELOW)
    high = max(low, min(upper, mean + FARTHEST_ABOVE))
    panels = max(1, int(np.ceil((high - low) / panel)))
    weights = np.full(2 * panels + 1, 2.0)
    weights[1::2] = 4.0
    weights[[0, -1]] = 1.0
    return np.linspace(low, high, 2 * panels + 1), weights * (high - low) / (6 * panels)


def require_fractions(fractions: Sequence[float]) -> None:
    """Raise EstimationError unless information fractions are finite, above 0 and rise from look to look."""
    if not len(fractions):
        raise EstimationError("there is no look; expected one information fraction or more; name them")
    before = 0.0
    for number, fraction in enumerate(fractions, 1):
        if not (np.isfinite(fraction) and fraction > before * (1 + SMALLEST_RISE)):
            raise EstimationError(
                f"look {number} has information fraction {fraction:g} after {before:g}; expected finite numbers above "
                "0 that rise from look to look; leave out looks without information of their own"
            )
        before = fraction


def require_bounds(number: int, **bounds: Sequence[float]) -> None:
    """Raise EstimationError unless there is a bound for every look, and each is a number or infinite."""
    for name, values in bounds.items():
        if len(values) != number or np.isnan(values).any():
            raise EstimationError(
                f"{len(values)} {name} bounds for {number} looks; expected one for each, a number or infinite; look "
                "at the design"
            )
