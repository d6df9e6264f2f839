"""How often the intervals of each estimator hold the truth where its assumptions hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import Target
from medicore.stats.bootstrap.bootstrap import bootstrap_effect
from medicore.stats.effect.ancova import ancova
from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.augmented_hajek import augmented_hajek_means
from medicore.stats.effect.augmented_overlap import augmented_overlap
from medicore.stats.effect.contrasts import ArmMeans, difference, log_odds_ratio, log_risk_ratio
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.inverse_probability import weighted_means
from medicore.stats.effect.randomised import randomised_means
from medicore.stats.effect.standardisation import standardised_means
from medicore.stats.effect.tmle import targeted
from medicore.stats.effect.unadjusted import difference_of_means
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import Family
from tests.simulation.workers import simulated
from tests.simulation.worlds import (
    Trial,
    binary,
    effect_in_the_treated,
    measures,
    observational,
    randomised,
)

LEVEL = 0.95
SIMULATIONS = 8000
RESAMPLED_SIMULATIONS = 2000
REPLICATES = 600

Found = Mapping[str, tuple[float, float, float, float]]
"""Value, standard error and both ends of the interval, by name."""


@dataclass(frozen=True)
class Coverage:
    """What one estimator did over the samples of one world: all in the estimand's own unit."""

    world: str
    n: int
    name: str
    truth: float
    simulations: int
    bias: float
    deviation: float
    mean_error: float
    coverage: float

    @property
    def bias_error(self) -> float:
        """Monte-Carlo standard error of the bias."""
        return self.deviation / float(np.sqrt(self.simulations))


def _of(estimate: Estimate) -> tuple[float, float, float, float]:
    return estimate.value, estimate.standard_error, *estimate.interval(LEVEL)


def _observational(trial: Trial) -> Found:
    data = (trial.x, trial.treated, trial.outcome)
    fit = fit_logistic(trial.x, trial.treated)
    primary = augmented_inverse_probability(*data, fit)
    in_treated = augmented_inverse_probability(*data, fit, target="ATT")
    in_overlap = augmented_overlap(*data, fit)
    found = {
        "ATE: g-computation, sandwich": difference(standardised_means(*data)),
        "ATE: AIPW, influence function": primary.influence_function,
        "ATE: AIPW, stacked sandwich": primary.sandwich,
        "ATE: AIPW with normalised weights, sandwich": difference(augmented_hajek_means(*data, fit)),
        "ATE: TMLE, influence function": targeted(*data, fit).difference,
        "ATT: g-computation, sandwich": difference(standardised_means(*data, target="ATT")),
        "ATT: AIPW, influence function": in_treated.influence_function,
        "ATT: AIPW, stacked sandwich": in_treated.sandwich,
        "ATO: augmented overlap weighting, influence function": in_overlap.influence_function,
        "ATO: augmented overlap weighting, stacked sandwich": in_overlap.sandwich,
    }
    for target in ("ATE", "ATT", "ATO"):
        weighted = weighted_means(trial.treated, trial.outcome, fit, target)
        found[f"{target}: Hájek weighting, scores estimated"] = difference(weighted.scores_estimated)
    return {name: _of(estimate) for name, estimate in found.items()}


def _randomised(trial: Trial) -> Found:
    data = (trial.x, trial.treated, trial.outcome)
    found = {
        "ATE: difference of means": difference_of_means(trial.treated, trial.outcome),
        "ATE: ANCOVA, robust": ancova(*data),
        "ATE: ANCOVA with interactions, robust": ancova(*data, interactions=True),
        "ATE: g-computation, robust": difference(randomised_means(*data)),
    }
    return {name: _of(estimate) for name, estimate in found.items()}


def _binary(trial: Trial) -> Found:
    data = (trial.x, trial.treated, trial.outcome)
    fit = fit_logistic(trial.x, trial.treated)
    primary = augmented_inverse_probability(*data, fit, family="binomial")
    estimators: dict[str, ArmMeans] = {
        "g-computation, sandwich": standardised_means(*data, "binomial"),
        "Hájek weighting, scores estimated": weighted_means(
            trial.treated, trial.outcome, fit
        ).scores_estimated,
        "AIPW, influence function": primary.means,
        "AIPW, stacked sandwich": primary.stacked,
        "TMLE, influence function": targeted(*data, fit, family="binomial").means,
    }
    scales = {
        "risk difference": difference,
        "log risk ratio": log_risk_ratio,
        "log odds ratio": log_odds_ratio,
    }
    return {
        f"{scale}: {name}": _of(measure(means))
        for scale, measure in scales.items()
        for name, means in estimators.items()
    }


def _bootstrapped(label: str, trial: Trial, family: Family, target: Target) -> Found:
    made = bootstrap_effect(
        trial.x, trial.x, trial.treated, trial.outcome,
        replicates=REPLICATES, seed=int(trial.treated.sum()), family=family, target=target,
    )  # fmt: skip
    error = made.standard_error
    return {
        f"{label}, bootstrap, percentile": (made.value, error, *made.percentile_interval(LEVEL)),
        f"{label}, bootstrap, BCa": (made.value, error, *made.bca_interval(LEVEL)),
    }


def _resampled(trial: Trial) -> Found:
    return {
        **_bootstrapped("ATE: AIPW", trial, "gaussian", "ATE"),
        **_bootstrapped("ATT: AIPW", trial, "gaussian", "ATT"),
        **_bootstrapped("ATO: augmented overlap weighting", trial, "gaussian", "ATO"),
    }


def _resampled_binary(trial: Trial) -> Found:
    return _bootstrapped("risk difference: AIPW", trial, "binomial", "ATE")


@dataclass(frozen=True)
class World:
    """Samples, what is computed on each, and the truths by the first part of the estimators' names."""

    name: str
    draw: Callable[[int, int], Trial]
    analyse: Callable[[Trial], Found]
    n: int
    simulations: int
    truths: Mapping[str, float]


def worlds() -> tuple[World, ...]:
    """Return every world of the coverage table."""
    continuous = {"ATE": 1.0, "ATT": effect_in_the_treated(), "ATO": 1.0}
    return (
        World("observational", observational, _observational, 1000, SIMULATIONS, continuous),
        World("observational", observational, _resampled, 500, RESAMPLED_SIMULATIONS, continuous),
        World("randomised", randomised, _randomised, 500, SIMULATIONS, continuous),
        World("binary outcome", binary, _binary, 1000, SIMULATIONS, measures()),
        World("binary outcome", binary, _resampled_binary, 500, RESAMPLED_SIMULATIONS, measures()),
    )


@cache
def coverages() -> tuple[Coverage, ...]:
    """Return the coverage of every estimator in its worlds. Takes minutes."""
    return tuple(row for world in worlds() for row in _cover(world))


def _analysed(world: World, index: int) -> Found:
    return world.analyse(world.draw(index, world.n))


def _cover(world: World) -> tuple[Coverage, ...]:
    made = simulated(partial(_analysed, world), world.simulations)
    return tuple(
        _row(world, name, np.array([found[name] for found in made]), world.truths[name.split(":")[0]])
        for name in made[0]
    )


def _row(world: World, name: str, found: NDArray[np.float64], truth: float) -> Coverage:
    value, error, low, high = found.T
    return Coverage(
        world.name,
        world.n,
        name,
        truth,
        world.simulations,
        float(value.mean() - truth),
        float(value.std(ddof=1)),
        float(error.mean()),
        float(((low <= truth) & (truth <= high)).mean()),
    )
