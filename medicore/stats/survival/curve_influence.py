"""Each subject's influence on a survival curve at a horizon, or on the area under it, weights taken as fixed."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.stats.survival.kaplan_meier import SurvivalCurve, kaplan_meier
from medicore.stats.survival.risk_sets import RiskSets

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Summary = Literal["survival", "restricted mean"]
"""The probability of surviving longer than the horizon, or the mean of min(T, horizon)."""


@dataclass(frozen=True, slots=True)
class CurveSummary:
    """A summary of a curve, and each subject's influence on it, ``(n,)``: the sum of squares is the robust variance."""

    value: float
    influence: Vector

    @property
    def standard_error(self) -> float:
        """The infinitesimal jackknife's standard error."""
        return float(np.linalg.norm(self.influence))


def summary_of(curve: SurvivalCurve, horizon: float, summary: Summary) -> float:
    """Return the summary of a curve at the horizon."""
    return curve.at(horizon) if summary == "survival" else curve.restricted_mean(horizon)


def curve_summary(
    time: Vector, event: Flags, horizon: float, summary: Summary, weights: Vector | None = None
) -> CurveSummary:
    """Return the summary of the Kaplan–Meier curve of ``time`` and ``event``, ``(n,)``, with each subject's influence.

    By the infinitesimal jackknife the influence of a subject of weight w is −w Σ A(t)dM(t)/(Y(t) − d(t)) over times up to
    the horizon, with dM = dN − 1{at risk}·d/Y, and A the curve at the horizon or the area from t to it (Efron, 1981;
    Therneau & Grambsch, 2000, section 2.4). Without weights and ties, the variance of the curve is Greenwood's.

    Raises EstimationError when a time or weight is negative or no finite number.
    """
    curve = kaplan_meier(time, event, weights)
    weight = np.ones(len(time)) if weights is None else weights
    sets = RiskSets.of(time)
    inside = curve.times <= horizon
    if summary == "survival":
        ahead = np.full(len(curve.times), curve.at(horizon))
    else:
        ends = np.append(np.minimum(curve.times[1:], horizon), horizon)
        areas = curve.survival * np.maximum(ends - curve.times, 0.0)
        ahead = np.cumsum(areas[::-1])[::-1]
    left = curve.at_risk - curve.events
    each = np.divide(ahead, left, out=np.zeros_like(left), where=inside & (left > 1e-12 * curve.at_risk))
    hazard = np.divide(curve.events, curve.at_risk, out=np.zeros_like(left), where=curve.at_risk > 0)
    influence = -weight * (event * each[sets.place] - sets.until(each * hazard))
    return CurveSummary(summary_of(curve, horizon, summary), influence)
