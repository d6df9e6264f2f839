"""Pseudo-observations: a complete outcome for each subject, in place of a censored time."""

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.survival.curve_influence import Summary
from medicore.stats.survival.kaplan_meier import kaplan_meier
from medicore.stats.survival.risk_sets import RiskSets

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

_AT_ONCE = 2_000_000
"""Numbers of a table of subjects by times that are in memory at once."""


def pseudo_observations(time: Vector, event: Flags, horizon: float, summary: Summary) -> Vector:
    """Return the pseudo-observations nθ − (n − 1)θ₋ᵢ of a summary θ of the Kaplan–Meier curve, ``(n,)``.

    θ₋ᵢ is the curve's summary without subject i. Their mean given covariates is the summary given covariates if follow-up ends
    independently of these (Andersen, Klein & Rosthøj, 2003; Andersen, Hansen & Klein, 2004).

    Raises EstimationError when there are fewer than 2 subjects, or a time is negative or no finite number.
    """
    n = len(time)
    curve = kaplan_meier(time, event)
    if n < 2:
        raise EstimationError(f"{n} subject(s) have no pseudo-observations; expected two or more")
    sets = RiskSets.of(time)
    inside = curve.times <= horizon
    times, at_risk, events = curve.times[inside], curve.at_risk[inside], curve.events[inside]
    widths = np.diff(np.concatenate([[0.0], times, [horizon]]))

    def summed(values: Vector) -> Vector:
        """Return the summary of curves, ``(m, k)``."""
        if summary == "survival":
            return values[:, -1] if values.shape[1] else np.ones(len(values))
        areas: Vector = widths[0] + values @ widths[1:]
        return areas

    whole = float(summed(curve.survival[None, inside])[0])
    without = np.empty(n)
    rows = max(1, _AT_ONCE // max(len(times), 1))
    for first in range(0, n, rows):
        part = slice(first, min(first + rows, n))
        place = sets.place[part, None]
        grid = np.arange(len(times))
        left = at_risk - (place >= grid)
        remaining = events - (event[part, None] & (place == grid))
        share = np.divide(remaining, left, out=np.zeros_like(left), where=left > 0)
        without[part] = summed(np.cumprod(1 - share, axis=1))
    pseudo: Vector = n * whole - (n - 1) * without
    return pseudo
