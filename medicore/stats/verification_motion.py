"""The Brownian motion behind a study's looks, a second time: Gauss–Legendre panels on the scale of the score.

The score w = z√t of a study without an effect is a Brownian motion at information fraction t. Its paths between the
bounds of earlier looks have a density that is carried from look to look by Gauss–Legendre quadrature.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import erfc

Vector = NDArray[np.float64]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
PANEL = 3.0
"""Width of a panel, in standard deviations of the shorter of the moves before and after the look."""
FARTHEST = 38.0
"""Standard deviations beyond which a normal tail is below every number of the machine."""
FARTHEST_UNBOUNDED = 12.0
"""Where a look has no bound on a side, paths farther out there, of probability 1e-33, are left out."""
BLOCK = 128
"""So many places are reached at once; each from those alone that are within ``FARTHEST`` of it."""
BOUND_TOLERANCE = 1e-13


@dataclass(frozen=True, slots=True)
class Motion:
    """The paths that still run at a time: probability ``masses`` at ``places`` of the score, both ``(m,)``."""

    time: float
    places: Vector
    masses: Vector


REST = Motion(0.0, np.zeros(1), np.ones(1))
"""Before the first look the score is 0."""


def chance_above(motion: Motion, time: float, bound: float, drift: float = 0.0) -> float:
    """Return the probability to be running and to have z ≥ ``bound`` at ``time``; the score's mean is drift · time."""
    return 0.5 * float(np.dot(motion.masses, erfc(_missing(motion, time, bound, drift))))


def chance_below(motion: Motion, time: float, bound: float, drift: float = 0.0) -> float:
    """Return the probability to be running and to have z ≤ ``bound`` at ``time``."""
    return 0.5 * float(np.dot(motion.masses, erfc(-_missing(motion, time, bound, drift))))


def chance_beyond(motion: Motion, time: float, bound: float, sides: int) -> float:
    """Return the probability to cross ``bound`` at ``time`` without an effect, or either of ±bound with two sides."""
    above = chance_above(motion, time, bound)
    return above if sides == 1 else above + chance_below(motion, time, -bound)


def _missing(motion: Motion, time: float, bound: float, drift: float) -> Vector:
    """Return how far the places are below the bound, in √2 standard deviations of the move."""
    move = time - motion.time
    missing: Vector = (bound * np.sqrt(time) - motion.places - drift * move) / np.sqrt(2 * move)
    return missing


def carried(
    motion: Motion, time: float, low: float, high: float, following: float, drift: float = 0.0
) -> Motion:
    """Return the paths that run on from ``time``, with ``low`` < z < ``high``, to the look at ``following``."""
    move, root = time - motion.time, np.sqrt(time)
    first, last = (_end(bound, root, drift * time) for bound in (low, high))
    wide = PANEL * np.sqrt(min(move, following - time))
    edges = np.linspace(first, last, max(1, int(np.ceil((last - first) / wide))) + 1)
    half = np.diff(edges)[:, None] / 2
    places = (edges[:-1, None] + half * (1 + NODES)).ravel()
    reach = FARTHEST * np.sqrt(move)
    origin = motion.places + drift * move
    density = np.empty(len(places))
    for start in range(0, len(places), BLOCK):
        here = places[start : start + BLOCK]
        near = slice(*np.searchsorted(origin, (here[0] - reach, here[-1] + reach)))
        moved = here[:, None] - origin[near]
        density[start : start + BLOCK] = np.exp(moved**2 / (-2 * move)) @ motion.masses[near]
    return Motion(time, places, (half * WEIGHTS).ravel() * density / np.sqrt(2 * np.pi * move))


def _end(bound: float, root: float, centre: float) -> float:
    """Return the end of the score's range at a bound of z, within what paths around ``centre`` reach."""
    reach = (FARTHEST if np.isfinite(bound) else FARTHEST_UNBOUNDED) * root
    return float(np.clip(bound * root, centre - reach, centre + reach))


def bound_of(motion: Motion, time: float, level: float, sides: int) -> float:
    """Return the bound that is crossed at ``time`` for the first time with probability ``level``.

    It is infinite where there is no level, and the lowest, 0 of two sides, where all who are left may cross.
    """

    def excess(bound: float) -> float:
        found = chance_beyond(motion, time, bound, sides)
        return float(np.log(max(found, np.finfo(float).tiny)) - np.log(level))

    if level <= np.finfo(float).tiny or excess(FARTHEST) > 0:
        return float("inf")
    low = 0.0 if sides == 2 else -FARTHEST
    if excess(low) <= 0:
        return low
    return float(brentq(excess, low, FARTHEST, xtol=BOUND_TOLERANCE))
