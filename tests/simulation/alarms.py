"""How often the gates fire on samples without any imbalance but chance, and how often they say that they do."""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.balance import standardised_mean_differences
from medicore.stats.balance.false_alarm import any_false_alarm_rate, false_alarm_rate
from medicore.stats.balance.rerandomisation import false_alarm_rates
from medicore.stats.balance.weights import balancing_weights
from medicore.stats.models.logistic import fit_logistic
from medicore.steps.gates.propensity_gates import propensity_findings
from medicore.steps.models.scoring import scored
from tests.simulation.workers import simulated
from tests.simulation.worlds import balanced
from tests.steps.analysed_trial import protocol

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


ARMS = (70, 90)
RERANDOMISED, DRAWS = 150, 200
"""Samples whose rates are computed, and the assignments drawn in each."""
GATES = {
    "smd": 0.02,
    "score_lower": 0.2,
    "score_upper": 0.8,
    "weight_share": 0.03,
    "effective_sample_size_share": 0.92,
}
"""Stricter than any protocol's, so that each gate fires often enough to be counted."""
PLAN = protocol(gates=GATES)


@dataclass(frozen=True)
class Rerandomised:
    """How often a gate of the propensity step fired, and the mean of the rates that its findings print."""

    gate: str
    fired: float
    printed: float
    printed_error: float

    @property
    def difference_in_errors(self) -> float:
        """Fired less printed, in Monte-Carlo standard errors."""
        error = np.hypot(np.sqrt(self.fired * (1 - self.fired) / SIMULATIONS), self.printed_error)
        return float((self.fired - self.printed) / error)


def _gates(x: NDArray[np.float64], treated: NDArray[np.bool_]) -> list[str]:
    """Return the names of the gates of the propensity step that fire."""
    names = [f"x{column}" for column in range(x.shape[1])]
    return [finding.gate for finding in propensity_findings(PLAN, names, scored(PLAN, x, treated))]


def _fired(index: int) -> list[str]:
    trial = balanced(index, *ARMS, 5)
    return _gates(trial.x, trial.treated)


def _rates(index: int) -> dict[str, float]:
    trial = balanced(index, *ARMS, 5)
    return false_alarm_rates(trial.treated, partial(_gates, trial.x), seed=index, draws=DRAWS)


@cache
def rerandomised_alarms() -> tuple[Rerandomised, ...]:
    """Return, for every gate that the propensity step watches by itself, both rates."""
    fired = simulated(_fired, SIMULATIONS)
    rates = simulated(_rates, RERANDOMISED)
    made = []
    for gate in ("SMD (weighted)", "overlap", "weight share", "effective sample size"):
        printed = np.array([rate.get(gate, 0.0) for rate in rates])
        made.append(
            Rerandomised(
                gate,
                float(np.mean([gate in names for names in fired])),
                float(printed.mean()),
                float(printed.std(ddof=1) / np.sqrt(RERANDOMISED)),
            )
        )
    return tuple(made)
