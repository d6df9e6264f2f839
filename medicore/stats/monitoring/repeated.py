"""Repeated confidence intervals and sequential p-values, valid at every look (Jennison & Turnbull, 1989)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from medicore.errors import EstimationError
from medicore.stats.monitoring.boundaries import AlphaSpending, looks

FARTHEST_QUANTILE = 37.0
"""The level of a p-value is searched between the tails at this quantile, where they are still numbers."""
QUANTILE_TOLERANCE = 1e-9


def repeated_interval(
    value: float, standard_error: float, critical_value: float, *, sides: int = 2
) -> tuple[float, float]:
    """Return the repeated confidence interval of a look: value ∓ critical value · standard error.

    With probability 1 − alpha the intervals of all looks hold the effect (Jennison & Turnbull, 1989). A
    one-sided one has no upper limit. An infinite critical value gives the whole line. Raises EstimationError unless value
    and standard error are finite, the standard error above 0 and the critical value a number.
    """
    if not (np.isfinite(value) and 0 < standard_error < np.inf) or np.isnan(critical_value):
        raise EstimationError(
            f"an estimate of {value:g} with standard error {standard_error:g} and critical value {critical_value:g} has "
            "no interval; expected finite numbers, the error above 0; look at the estimate"
        )
    margin = critical_value * standard_error
    return value - margin, value + margin if sides == 2 else float("inf")


def sequential_p_value(design: AlphaSpending, fractions: Sequence[float], z: Sequence[float]) -> float:
    """Return the sequential p-value after the looks at ``fractions`` with statistics ``z``.

    It is the smallest level at which the design, with this level in place of its own, has crossed a boundary at one of
    the looks (Jennison & Turnbull, 2000, chapter 9; Liu & Anderson, 2008), and 1 where none has. It never rises from
    look to look, and is at most alpha exactly when a boundary of the design was crossed. Raises EstimationError unless
    there is a finite z for every look, and as ``looks`` does.
    """
    if len(z) != len(fractions) or not len(z) or not np.isfinite(z).all():
        raise EstimationError(
            f"{len(z)} statistics for {len(fractions)} looks; expected a finite one for each of one or more; look at the "
            "estimates"
        )
    statistics = np.abs(z) if design.sides == 2 else np.asarray(z)

    def beyond(quantile: float) -> float:
        """Return how far the statistics are beyond the boundaries of the level at a quantile, at the best look."""
        of_level = replace(design, alpha=float(design.sides * ndtr(-quantile)))
        values = np.array([look.critical_value for look in looks(of_level, fractions)])
        return max(float(np.max(statistics - values)), -FARTHEST_QUANTILE)

    easiest = QUANTILE_TOLERANCE if design.sides == 2 else -8.0
    if beyond(easiest) < 0:
        return 1.0
    if beyond(FARTHEST_QUANTILE) >= 0:
        return float(design.sides * ndtr(-FARTHEST_QUANTILE))
    return float(design.sides * ndtr(-brentq(beyond, easiest, FARTHEST_QUANTILE, xtol=QUANTILE_TOLERANCE)))
