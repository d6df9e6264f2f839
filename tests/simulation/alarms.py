"""How often the balance gate fires on samples without any imbalance but chance."""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from medicore.stats.balance import standardised_mean_differences
from medicore.stats.false_alarm import any_false_alarm_rate, false_alarm_rate
from medicore.stats.logistic import fit_logistic
from medicore.stats.weights import balancing_weights
from tests.simulation.workers import simulated
from tests.simulation.worlds import balanced

SIMULATIONS = 2000
TERMS = 10
DESIGNS = ((250, 250, 0.1), (120, 380, 0.1), (60, 60, 0.2))
"""Sizes of the arms, and the gate."""


@dataclass(frozen=True)
class Alarm:
    """Share of samples, or of covariates, whose |SMD| reached the gate, and the rate that a finding prints."""

    n1: int
    n0: int
    threshold: float
    of: str
    printed: float
    unweighted: float
    weighted: float
    trials: int

    @property
    def difference_in_errors(self) -> float:
        """Simulated less printed rate before weighting, in Monte-Carlo standard errors."""
        error = np.sqrt(self.printed * (1 - self.printed) / self.trials)
        return float((self.unweighted - self.printed) / error)


def _one(n1: int, n0: int, index: int) -> list[tuple[float, float]]:
    """Return |SMD| of every covariate of one sample, before and after weighting."""
    trial = balanced(index, n1, n0, TERMS)
    score = fit_logistic(trial.x, trial.treated).fitted
    weights = balancing_weights(trial.treated, score)
    rows = standardised_mean_differences(trial.x, trial.treated, weights)
    return [(abs(row.smd_unweighted), abs(row.smd_weighted)) for row in rows]


@cache
def alarms() -> tuple[Alarm, ...]:
    """Return the false-alarm rates of every design, of one covariate and of any of ten."""
    made = []
    for n1, n0, threshold in DESIGNS:
        reached = np.array(simulated(partial(_one, n1, n0), SIMULATIONS)) >= threshold
        each = reached.mean(axis=(0, 1))
        some = reached.any(axis=1).mean(axis=0)
        one, any_of = false_alarm_rate(threshold, n1, n0), any_false_alarm_rate(threshold, n1, n0, TERMS)
        covariates = SIMULATIONS * TERMS
        made.append(
            Alarm(n1, n0, threshold, "one covariate", one, float(each[0]), float(each[1]), covariates)
        )
        made.append(
            Alarm(n1, n0, threshold, f"any of {TERMS}", any_of, float(some[0]), float(some[1]), SIMULATIONS)
        )
    return tuple(made)
