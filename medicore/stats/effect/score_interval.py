"""The difference of two risks with an interval by the score test, which holds where an arm has few or no events."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from medicore.errors import EstimationError

SMALLEST = 1e-60
"""What stands for 0 under a root by which something is divided."""


@dataclass(frozen=True, slots=True)
class RiskDifference:
    """Two risks' difference, treated minus control, its score interval, and the p-value of the score test of no difference."""

    value: float
    low: float
    high: float
    p_value: float
    n: int


def score_interval(events: tuple[int, int], sizes: tuple[int, int], level: float) -> RiskDifference:
    """Return the difference of the risks of two arms, treated first, with the interval of Miettinen & Nurminen (1985).

    The interval holds the differences δ that the score test does not reject: |p1 − p0 − δ|/√V(δ) ≤ z, where V(δ) is the variance
    at the risks that are most likely when their difference is δ, times N/(N − 1) (equations 8 and 9). Without an event in
    either arm the interval is finite still.

    Raises
    ------
    EstimationError
        When an arm has no subject, or its events are not between 0 and its size.
    """
    for count, size in zip(events, sizes, strict=True):
        if size < 1 or not 0 <= count <= size:
            raise EstimationError(
                f"an arm has {count} events of {size}; expected one subject or more, and 0 to {size} events; check the outcome"
            )
    (one, zero), (n1, n0) = events, sizes
    value, quantile = one / n1 - zero / n0, float(ndtri(0.5 + level / 2))

    def beyond(delta: float, limit: float) -> float:
        return _statistic(events, sizes, delta) - limit

    low = (
        -1.0
        if beyond(-1.0, quantile) <= 0
        else float(brentq(beyond, -1.0, value, args=(quantile,), xtol=1e-13))
    )
    high = (
        1.0
        if beyond(1.0, -quantile) >= 0
        else float(brentq(beyond, value, 1.0, args=(-quantile,), xtol=1e-13))
    )
    p_value = float(2 * ndtr(-abs(_statistic(events, sizes, 0.0))))
    return RiskDifference(value, low, high, p_value, n1 + n0)


def _statistic(events: tuple[int, int], sizes: tuple[int, int], delta: float) -> float:
    """Return (p1 − p0 − δ)/√V(δ); 0 where the difference is δ, and infinite where V is 0 and it is not."""
    (n1, n0), total = sizes, sum(sizes)
    gap = events[0] / n1 - events[1] / n0 - delta
    zero = _restricted(events, sizes, delta)
    one = zero + delta
    variance = (one * (1 - one) / n1 + zero * (1 - zero) / n0) * total / (total - 1)
    if abs(gap) < 1e-15:
        return 0.0
    return float(gap / np.sqrt(variance)) if variance > 1e-300 else float(np.copysign(np.inf, gap))


def _restricted(events: tuple[int, int], sizes: tuple[int, int], delta: float) -> float:
    """Return the control's risk that is most likely when the treated's is larger by δ: the root of a cubic (appendix I)."""
    (one, zero), (n1, n0) = events, sizes
    total, count = n1 + n0, one + zero
    l2 = (n1 + 2 * n0) * delta - total - count
    l1 = (n0 * delta - total - 2 * zero) * delta + count
    l0 = zero * delta * (1 - delta)
    third = l2 / (3 * total)
    q = third**3 - l1 * l2 / (6 * total**2) + l0 / (2 * total)
    p = np.copysign(np.sqrt(max(third**2 - l1 / (3 * total), SMALLEST)), q)
    angle = (np.pi + np.arccos(np.clip(q / p**3, -1.0, 1.0))) / 3
    risk = 2 * p * np.cos(angle) - third
    return float(np.clip(risk, max(0.0, -delta), min(1.0, 1.0 - delta)))
