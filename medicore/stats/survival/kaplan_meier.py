"""The Kaplan–Meier curve, weighted or not, with Greenwood's variance, and the mean restricted to a horizon."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from medicore.stats.survival.risk_sets import RiskSets, require_follow_up

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """A survival curve at its distinct times, ``(k,)`` each: the curve falls at a time and keeps its value until the next.

    ``at_risk`` and ``events`` are sums of weights; ``hazard_variance`` is Greenwood's variance of the logarithm of the
    curve, infinite where the curve is 0.
    """

    times: Vector
    survival: Vector
    at_risk: Vector
    events: Vector
    hazard_variance: Vector

    def at(self, time: float) -> float:
        """Return the probability of surviving longer than ``time``."""
        place = self._place(time)
        return 1.0 if place < 0 else float(self.survival[place])

    def standard_error(self, time: float) -> float:
        """Return Greenwood's standard error of the curve at ``time``; 0 where the curve is 1 or 0."""
        place = self._place(time)
        if place < 0 or self.survival[place] == 0:
            return 0.0
        return float(self.survival[place] * np.sqrt(self.hazard_variance[place]))

    def interval(
        self, time: float, level: float, kind: Literal["log", "log-log"] = "log-log"
    ) -> tuple[float, float]:
        """Return the interval of the curve at ``time`` on the scale of log S or log(−log S) (Kalbfleisch & Prentice, 2002, section 1.4).

        Where the curve is 1 or 0 the interval is that value alone.
        """
        value, quantile = self.at(time), float(ndtri(0.5 + level / 2))
        if not 0 < value < 1:
            return value, value
        error = float(np.sqrt(self.hazard_variance[self._place(time)]))
        if kind == "log":
            return value * np.exp(-quantile * error), min(1.0, value * np.exp(quantile * error))
        width = quantile * error / abs(np.log(value))
        return float(value ** np.exp(width)), float(value ** np.exp(-width))

    @property
    def median(self) -> float:
        """The first time at which the curve is one half or less; infinite where it stays above."""
        below = np.flatnonzero(self.survival <= 0.5 + 1e-12)
        return float(self.times[below[0]]) if len(below) else float("inf")

    def restricted_mean(self, horizon: float) -> float:
        """Return the area under the curve up to ``horizon``, the mean of min(T, horizon) in the unit of time."""
        values, widths = self._steps(horizon)
        return float(values @ widths)

    def restricted_mean_error(self, horizon: float) -> float:
        """Return the standard error of the restricted mean: √Σ A(t)²d/(Y(Y − d)), A(t) the area from t to the horizon (Klein & Moeschberger, 2003, section 4.5)."""
        values, widths = self._steps(horizon)
        inside = np.flatnonzero(self.times <= horizon)
        areas = np.cumsum((values * widths)[::-1])[::-1][1:]
        known = areas > 0  # where the curve has reached 0, the variance of its logarithm is infinite
        jumps = np.diff(np.concatenate([[0.0], self.hazard_variance[inside][known]]))
        return float(np.sqrt(areas[known] ** 2 @ jumps))

    def _place(self, time: float) -> int:
        return int(np.searchsorted(self.times, time, side="right")) - 1

    def _steps(self, horizon: float) -> tuple[Vector, Vector]:
        """Return value and width of each step up to the horizon; the first step is 1 from time 0."""
        inside = self.times <= horizon
        edges = np.concatenate([[0.0], self.times[inside], [horizon]])
        return np.concatenate([[1.0], self.survival[inside]]), np.diff(edges)


def kaplan_meier(time: Vector, event: Flags, weights: Vector | None = None) -> SurvivalCurve:
    """Return the curve S(t) = Π(1 − d/Y) over times up to t, d the events and Y the subjects at risk, weighted if asked for.

    ``time`` is ``(n,)``, 0 or more; ``event``, ``(n,)`` bool, is false where follow-up ended without the event. At a
    shared time events come before ends of follow-up. Greenwood's variance of log S is Σ d/(Y(Y − d)); with weights it
    counts a weight as so many subjects, and a robust error comes from ``aalen_johansen``.
    Kaplan & Meier (1958); Greenwood (1926); weighted: Xie & Liu (2005, section 2).

    Raises EstimationError when a time or weight is negative or no finite number.
    """
    require_follow_up(time, event, weights)
    weight = np.ones(len(time)) if weights is None else weights
    sets = RiskSets.of(time)
    at_risk, events = sets.at_risk(weight), sets.at(weight * event)
    share = np.divide(events, at_risk, out=np.zeros_like(events), where=at_risk > 0)
    left = at_risk - events
    last = left <= 1e-12 * at_risk
    share = np.where(last & (events > 0), 1.0, share)
    terms = np.divide(share, left, out=np.full_like(share, np.inf), where=~last)
    terms = np.where(events > 0, terms, 0.0)
    return SurvivalCurve(sets.times, np.cumprod(1 - share), at_risk, events, np.cumsum(terms))
