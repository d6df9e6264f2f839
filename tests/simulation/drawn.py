"""Multiple and reference-based imputation of the outcome over many samples: where their assumptions hold, and where not."""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.stats.balance.weights import Target
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.imputation.conditional_outcomes import conditional_outcomes
from medicore.stats.imputation.outcome_draws import Rule, draw_outcomes
from medicore.stats.imputation.pooling import pooled
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import Family
from tests.simulation.unobserved import OBSERVED_BY_CHANCE, by_itself, observed
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
IMPUTATIONS = 10
SUBJECTS = (100, 500)
WITHIN = "within arm"
RISK = "ATE: within arm, risk difference"
JUMP = "jump or copy to reference, missing treated fare like controls"
KEPT = "jump or copy to reference, missing treated fare like the treated"
NOT_AT_RANDOM = "within arm, missing by the outcome itself"
FAILING = (KEPT, NOT_AT_RANDOM)
"""Methods in a world in which what they assume does not hold."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Drawn:
    """What the pooled interval, and beside it that over repeated samples, did over the samples.

    ``repeated_error`` and ``repeated``, standard error and coverage of the latter, are None for an outcome of 0 and 1.
    """

    n: int
    name: str
    truth: float
    bias: float
    deviation: float
    mean_error: float
    coverage: float
    repeated_error: float | None
    repeated: float | None

    @property
    def bias_error(self) -> float:
        """Monte-Carlo standard error of the bias."""
        return self.deviation / float(np.sqrt(SIMULATIONS))

    @property
    def fails(self) -> bool:
        """Whether the method's assumption does not hold in the world."""
        return any(self.name.endswith(name) for name in FAILING)


def effect_of_jumping() -> float:
    """Return the effect in ``randomised`` where a treated subject whose outcome is missing has the control's outcome.

    It is E[π1(x)(1 + xᵀμ)], π1 = expit(0.7 + L), L = xᵀβ normal with variance |β|², and E[xᵀμ | L] = (μᵀβ/|β|²)L.
    """
    spread = float(np.linalg.norm(OBSERVED_BY_CHANCE))
    slope = float(MODIFICATION @ OBSERVED_BY_CHANCE) / spread**2
    return over_normal(lambda z: expit(0.7 + spread * z) * (1 + slope * spread * z))


def _both(
    trial: Trial,
    seen: Mask,
    chance: np.random.Generator,
    rule: Rule = "at random",
    targets: tuple[Target, ...] = ("ATE",),
    family: Family = "gaussian",
) -> list[tuple[float, ...]]:
    """Return for each target value, standard error and ends of the interval that a run prints, and error and ends of that over repeated samples."""
    fit, known = fit_logistic(trial.x, trial.treated), np.where(seen, trial.outcome, np.nan)
    made: dict[Target, list[Estimate]] = {target: [] for target in targets}
    for _ in range(IMPUTATIONS):
        full = draw_outcomes(trial.x, trial.treated, known, seen, chance, family=family, rule=rule)
        for target in targets:
            found = doubly_robust(trial.x, trial.treated, full, fit, family=family, target=target)
            means = small_sample_means(trial.treated, full, fit, found, family=family, target=target)
            made[target].append(difference(means))
    rows = []
    for target, estimates in made.items():
        one, other = pooled(estimates).estimate, (np.nan, np.nan, np.nan)
        if family == "gaussian":
            means = conditional_outcomes(
                trial.x, trial.x, trial.treated, known, seen, fit, target=target, rule=rule
            )
            repeated = difference(means)
            other = repeated.standard_error, *repeated.interval(LEVEL)
        rows.append((one.value, one.standard_error, *one.interval(LEVEL), *other))
    return rows


def _one(index: int, n: int) -> dict[str, tuple[float, ...]]:
    chance = stream(21, index)
    trial, risk, trialled = (world(index, n) for world in (observational, binary, randomised))
    seen, risky, jumped = observed(trial, chance), observed(risk, chance), observed(trialled, chance)
    targets: tuple[Target, ...] = ("ATE", "ATT", "ATO")
    random = zip(targets, _both(trial, seen, chance, targets=targets), strict=True)
    (risks,) = _both(risk, risky, chance, family="binomial")
    (reference,) = _both(trialled, jumped, chance, "reference")
    (not_at_random,) = _both(trial, by_itself(trial, chance), chance)
    return {
        **{f"{target}: {WITHIN}": found for target, found in random},
        RISK: risks,
        f"ATE: {JUMP}": reference,
        f"ATE: {KEPT}": reference,
        f"ATE: {NOT_AT_RANDOM}": not_at_random,
    }


@cache
def drawn() -> tuple[Drawn, ...]:
    """Return what every interval did. Takes minutes."""
    truths = {
        f"ATE: {WITHIN}": 1.0,
        f"ATT: {WITHIN}": effect_in_the_treated(),
        f"ATO: {WITHIN}": 1.0,
        RISK: measures()["risk difference"],
        f"ATE: {JUMP}": effect_of_jumping(),
        f"ATE: {KEPT}": 1.0,
        f"ATE: {NOT_AT_RANDOM}": 1.0,
    }
    return tuple(
        _row(n, name, truth, np.array([found[name] for found in made]))
        for n in SUBJECTS
        for made in [simulated(partial(_one, n=n), SIMULATIONS)]
        for name, truth in truths.items()
    )


def _row(n: int, name: str, truth: float, found: NDArray[np.float64]) -> Drawn:
    value, error, low, high, other, other_low, other_high = found.T
    continuous = bool(np.isfinite(other).all())
    return Drawn(
        n,
        name,
        truth,
        float(value.mean() - truth),
        float(value.std(ddof=1)),
        float(error.mean()),
        float(((low <= truth) & (truth <= high)).mean()),
        float(other.mean()) if continuous else None,
        float(((other_low <= truth) & (truth <= other_high)).mean()) if continuous else None,
    )
