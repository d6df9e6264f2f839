"""Differences of two risks with the score interval of Miettinen and Nurminen, which holds where an arm has few events or none."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from medicore.errors import EstimationError

_HALVINGS = 60
"""How often the range of a limit, 2 at most, is halved: what is left is below the spacing of doubles near 1."""

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RiskDifference:
    """Two risks' difference, treated minus control, its score interval, and the p-value of the score test of no difference."""

    value: float
    low: float
    high: float
    p_value: float
    n: int


@dataclass(frozen=True, slots=True)
class RiskDifferences:
    """Differences of two risks with the limits of their intervals, each ``(k,)``, between −1 and 1."""

    estimate: Vector
    low: Vector
    high: Vector


def risk_differences(
    treated: ArrayLike, n_treated: int, control: ArrayLike, n_control: int, level: float
) -> RiskDifferences:
    """Return the differences of the risks of ``k`` kinds of event, with score intervals of that level.

    ``treated`` and ``control`` are the subjects with an event, ``(k,)``, of so many in the arm. An interval holds the
    differences δ at which (p1 − p0 − δ)² is at most z² times the variance (p̃1(1 − p̃1)/n1 + p̃0(1 − p̃0)/n0)·N/(N − 1),
    p̃ the risks of greatest likelihood among those that differ by δ. It needs no large counts, and is no empty or single
    point where nobody has an event.

    Raises EstimationError where an arm has no subjects.

    Source: Miettinen & Nurminen, 1985, equations 8 to 10 and appendix I.
    """
    if min(n_treated, n_control) < 1:
        raise EstimationError(
            "an arm has no subjects; expected some in both; a difference of risks needs them"
        )
    x1, x0 = np.asarray(treated, dtype=float), np.asarray(control, dtype=float)
    found = x1 / n_treated - x0 / n_control
    quantile = float(ndtri((1 + level) / 2))

    def outside(delta: Vector) -> NDArray[np.bool_]:
        variance = _variance(x1, n_treated, x0, n_control, delta)
        return (found - delta) ** 2 > quantile**2 * variance

    low = _limit(found, np.full_like(found, -1.0), outside)
    return RiskDifferences(found, low, _limit(found, np.ones_like(found), outside))


def score_interval(events: tuple[int, int], sizes: tuple[int, int], level: float) -> RiskDifference:
    """Return the difference of the risks of two arms, treated first, with its interval and the score test of no difference.

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
    found = risk_differences([one], n1, [zero], n0, level)
    value = float(found.estimate[0])
    variance = float(_variance(np.array([float(one)]), n1, np.array([float(zero)]), n0, np.zeros(1))[0])
    statistic = abs(value) / np.sqrt(variance) if value else 0.0
    return RiskDifference(
        value, float(found.low[0]), float(found.high[0]), float(2 * ndtr(-statistic)), n1 + n0
    )


def _limit(inner: Vector, outer: Vector, outside: Callable[[Vector], NDArray[np.bool_]]) -> Vector:
    """Return where the interval ends between its estimate and the end of the range, by bisection, ``(k,)``."""
    for _ in range(_HALVINGS):
        middle = (inner + outer) / 2
        beyond = outside(middle)
        inner, outer = np.where(beyond, inner, middle), np.where(beyond, middle, outer)
    return inner


def _variance(x1: Vector, n1: int, x0: Vector, n0: int, delta: Vector) -> Vector:
    """Return the variance of the difference of the observed risks where the true one is ``delta``, ``(k,)``."""
    p0 = restricted_risk(x1, n1, x0, n0, delta)
    p1 = np.clip(p0 + delta, 0, 1)
    n = n1 + n0
    found: Vector = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * n / (n - 1)
    return found


def restricted_risk(x1: Vector, n1: int, x0: Vector, n0: int, delta: Vector) -> Vector:
    """Return the control's risk of greatest likelihood among the pairs of risks that differ by ``delta``, ``(k,)``.

    It is the root of the cubic likelihood equation that lies in the range, in closed form.
    Source: Miettinen & Nurminen, 1985, appendix I.
    """
    n, cases = n1 + n0, x1 + x0
    second = (n1 + 2 * n0) * delta - n - cases
    first = (n0 * delta - n - 2 * x0) * delta + cases
    constant = x0 * delta * (1 - delta)
    third = 3 * n
    q = (second / third) ** 3 - first * second / (2 * third * n) + constant / (2 * n)
    p = np.where(q >= 0, 1.0, -1.0) * np.sqrt(np.maximum((second / third) ** 2 - first / third, 0))
    ratio = np.divide(q, p**3, out=np.zeros_like(q), where=p**3 != 0)
    angle = (np.pi + np.arccos(np.clip(ratio, -1, 1))) / 3
    root = 2 * p * np.cos(angle) - second / third
    found: Vector = np.clip(root, np.maximum(0, -delta), np.minimum(1, 1 - delta))
    return found
