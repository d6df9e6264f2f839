"""Multiple and reference-based imputation of the outcome over many samples: where their assumptions hold, and where not."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.stats.balance.weights import Target
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.estimate import Estimate
from medicore.stats.imputation.outcome_draws import Rule, draw_outcomes
from medicore.stats.imputation.pooling import pooled
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import Family
from tests.simulation.unobserved import OBSERVED_BY_CHANCE, observed
from tests.simulation.workers import simulated
from tests.simulation.worlds import (
    MODIFICATION,
    Trial,
    binary,
    effect_in_the_treated,
    measures,
    observational,
    over_normal,
    randomised,
    stream,
)

LEVEL = 0.95
SIMULATIONS = 2000
IMPUTATIONS = 20
SUBJECTS = 500
JUMP = "jump to reference, missing treated fare like controls"
NOT_AT_RANDOM = "within arm, missing by the outcome itself"

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Drawn:
    """What one pooled interval did over the samples."""

    outcome: str
    name: str
    truth: float
    bias: float
    deviation: float
    mean_error: float
    coverage: float

    @property
    def bias_error(self) -> float:
        """Monte-Carlo standard error of the bias."""
        return self.deviation / float(np.sqrt(SIMULATIONS))


def effect_of_jumping() -> float:
    """Return the effect in ``randomised`` where a treated subject whose outcome is missing has the control's outcome.

    It is E[π1(x)(1 + xᵀμ)], π1 = expit(0.7 + L), L = xᵀβ normal with variance |β|², and E[xᵀμ | L] = (μᵀβ/|β|²)L.
    """
    spread = float(np.linalg.norm(OBSERVED_BY_CHANCE))
    slope = float(MODIFICATION @ OBSERVED_BY_CHANCE) / spread**2
    return over_normal(lambda z: expit(0.7 + spread * z) * (1 + slope * spread * z))


def _pooled(
    trial: Trial,
    seen: Mask,
    chance: np.random.Generator,
    family: Family,
    rule: Rule,
    targets: tuple[Target, ...],
) -> dict[str, Estimate]:
    scores = fit_logistic(trial.x, trial.treated)
    known = np.where(seen, trial.outcome, np.nan)
    made: dict[str, list[Estimate]] = {target: [] for target in targets}
    for _ in range(IMPUTATIONS):
        completed = draw_outcomes(trial.x, trial.treated, known, seen, chance, family=family, rule=rule)
        for target in targets:
            found = doubly_robust(trial.x, trial.treated, completed, scores, family=family, target=target)
            made[target].append(found.influence_function)
    return {target: pooled(estimates).estimate for target, estimates in made.items()}


def _one(index: int) -> dict[str, tuple[float, float, float, float]]:
    chance = stream(21, index)
    trial, risk, trialled = (world(index, SUBJECTS) for world in (observational, binary, randomised))
    by_itself = chance.random(SUBJECTS) < expit(1.0 - 0.6 * trial.outcome)
    continuous = _pooled(trial, observed(trial, chance), chance, "gaussian", "at random", ("ATE", "ATT"))
    found = {f"{target}: within arm": estimate for target, estimate in continuous.items()}
    found["ATE: risk difference"] = _pooled(
        risk, observed(risk, chance), chance, "binomial", "at random", ("ATE",)
    )["ATE"]
    found[f"ATE: {JUMP}"] = _pooled(
        trialled, observed(trialled, chance), chance, "gaussian", "reference", ("ATE",)
    )["ATE"]
    found[f"ATE: {NOT_AT_RANDOM}"] = _pooled(trial, by_itself, chance, "gaussian", "at random", ("ATE",))[
        "ATE"
    ]
    return {name: (one.value, one.standard_error, *one.interval(LEVEL)) for name, one in found.items()}


@cache
def drawn() -> tuple[Drawn, ...]:
    """Return what every interval did. Takes minutes."""
    truths = {
        "ATE: within arm": 1.0,
        "ATT: within arm": effect_in_the_treated(),
        "ATE: risk difference": measures()["risk difference"],
        f"ATE: {JUMP}": effect_of_jumping(),
        f"ATE: {NOT_AT_RANDOM}": 1.0,
    }
    made = simulated(_one, SIMULATIONS)
    rows = []
    for name, truth in truths.items():
        value, error, low, high = np.array([found[name] for found in made]).T
        rows.append(
            Drawn(
                "0 and 1" if "risk" in name else "continuous",
                name,
                truth,
                float(value.mean() - truth),
                float(value.std(ddof=1)),
                float(error.mean()),
                float(((low <= truth) & (truth <= high)).mean()),
            )
        )
    return tuple(rows)
