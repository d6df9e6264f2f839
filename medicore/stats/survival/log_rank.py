"""The log-rank test of two arms, weighted or not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from medicore.errors import EstimationError
from medicore.stats.given import checked
from medicore.stats.survival.risk_sets import RiskSets, require_follow_up

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LogRank:
    """The log-rank test: events of the treated less those expected, its variance, and χ² with one degree of freedom."""

    excess: float
    variance: float

    @property
    def statistic(self) -> float:
        """χ² = excess²/variance."""
        return self.excess**2 / self.variance

    @property
    def p_value(self) -> float:
        """The two-sided p-value."""
        return float(chdtrc(1, self.statistic))


@checked
def log_rank(treated: Flags, time: Vector, event: Flags, weights: Vector | None = None) -> LogRank:
    """Return the log-rank test of equal hazards in both arms, each subject counted by its weight.

    Arrays are ``(n,)``. At each time with d events among Y subjects the variance is the hypergeometric one,
    d(Y − d)/(Y − 1) · Y1·Y0/Y² (Mantel, 1966). With weights w it is
    d(Y − d)/(Y(Y − 1)) · Σ[(Y0w/Yw)²w² of the treated + (Y1w/Yw)²w² of the controls], d and Y without weights (Xie &
    Liu, 2005, equation 5), which is the former where all weights are 1.

    Raises EstimationError when no time tells the arms apart, or a time or weight is negative or no finite number.
    """
    require_follow_up(time, event, weights)
    weight = np.ones(len(time)) if weights is None else weights
    sets = RiskSets.of(time)
    number, events = sets.at_risk(np.ones(len(time))), sets.at(event.astype(np.float64))
    one, zero = sets.at_risk(weight * treated), sets.at_risk(weight * ~treated)
    deaths, deaths_one = sets.at(weight * event), sets.at(weight * (event & treated))
    total = one + zero
    safe = np.where(total > 0, total, 1.0)
    excess = float(np.sum(deaths_one - one * deaths / safe))
    squares = (zero / safe) ** 2 * sets.at_risk(weight**2 * treated)
    squares += (one / safe) ** 2 * sets.at_risk(weight**2 * ~treated)
    spread = np.divide(
        events * (number - events), number * (number - 1), out=np.zeros_like(events), where=number > 1
    )
    variance = float(np.sum(spread * squares))
    if not variance > 0:
        raise EstimationError(
            "no event happens while subjects of both arms are followed; expected some; wait for more follow-up"
        )
    return LogRank(excess, variance)
