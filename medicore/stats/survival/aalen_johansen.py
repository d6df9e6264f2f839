"""Cumulative incidence where other events compete, by Aalen and Johansen's estimator."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.survival.risk_sets import RiskSets, require_follow_up

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Incidence:
    """The cumulative incidence of one kind of event at a horizon, with each subject's influence on it, ``(n,)``."""

    value: float
    influence: Vector

    @property
    def standard_error(self) -> float:
        """The infinitesimal jackknife's standard error: the square root of the influences' sum of squares."""
        return float(np.linalg.norm(self.influence))


def aalen_johansen(
    time: Vector, event: Flags, competing: Flags, horizon: float, weights: Vector | None = None
) -> Incidence:
    """Return the probability that the event happens up to the horizon and before a competing event.

    F(t) = Σ S(u−)d(u)/Y(u), S the Kaplan–Meier curve of the first event of either kind (Aalen & Johansen, 1978). Arrays are
    ``(n,)``; nobody has both kinds. A subject of weight w has the influence w Σ [S(u−)dM(u)/Y − (F(t) − F(u))dM•(u)/(Y − d•)],
    M the martingale of the event and M• that of either, weights taken as fixed.

    Raises EstimationError when a time or weight is negative or no finite number.
    """
    either = event | competing
    require_follow_up(time, either, weights)
    weight = np.ones(len(time)) if weights is None else weights
    sets = RiskSets.of(time)
    at_risk = sets.at_risk(weight)
    safe = np.where(at_risk > 0, at_risk, 1.0)
    hazard, all_hazard = sets.at(weight * event) / safe, sets.at(weight * either) / safe
    before = np.concatenate([[1.0], np.cumprod(1 - all_hazard)[:-1]])
    inside = sets.times <= horizon
    rises = np.where(inside, before * hazard, 0.0)
    ahead = float(rises.sum()) - np.cumsum(rises)
    left = safe * (1 - all_hazard)
    own = np.where(inside, before / safe, 0.0)
    later = np.divide(ahead, left, out=np.zeros_like(left), where=inside & (left > 1e-12 * safe))
    influence: Vector = event * own[sets.place] - either * later[sets.place]
    influence -= sets.until(own * hazard - later * all_hazard)
    return Incidence(float(rises.sum()), weight * influence)
