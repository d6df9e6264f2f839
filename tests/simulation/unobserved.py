"""The doubly robust estimator with missing outcomes over many samples: its intervals, and which models must be right."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.stats.balance.weights import Target
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.missing.observation import fit_observation
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import Family
from tests.simulation.workers import simulated
from tests.simulation.worlds import (
    Trial,
    binary,
    curved,
    effect_in_the_treated,
    measures,
    observational,
    stream,
)

LEVEL = 0.95
SIMULATIONS = 2000
SUBJECTS = (100, 200, 500, 1000)
CURVED_SUBJECTS = 1000
TRUTH = 1.0
"""The effect in ``curved``."""
OBSERVED_BY_CHANCE = np.array([0.6, -0.4, 0.3])
"""Coefficients of the true observation model, on the logit scale."""
WEIGHTED = "weighted for observation"
BY_ITSELF = f"{WEIGHTED}, missing by the outcome itself"
CASES_BY_CHANCE = "complete cases, missing by chance alone"
CASES = "complete cases, missing by arm and covariates"
FAILING = (BY_ITSELF, CASES)
"""Methods in a world in which what they assume does not hold."""

Mask = NDArray[np.bool_]


def observed(trial: Trial, chance: np.random.Generator) -> Mask:
    """Return whose outcome is observed, depending on arm and covariates: about seven in ten."""
    risk = expit(1.2 - 0.5 * trial.treated + trial.x @ OBSERVED_BY_CHANCE)
    seen: Mask = chance.random(len(trial.outcome)) < risk
    return seen


def curved_observed(trial: Trial, chance: np.random.Generator) -> Mask:
    """Return whose outcome is observed in ``curved``: it depends on the square, too."""
    risk = expit(0.8 + 0.8 * trial.treated + 0.4 * trial.x[:, 0] - 0.7 * (trial.x[:, 1] ** 2 - 1))
    seen: Mask = chance.random(len(trial.outcome)) < risk
    return seen


def by_itself(trial: Trial, chance: np.random.Generator) -> Mask:
    """Return whose outcome is observed, depending on the outcome itself: about seven in ten."""
    seen: Mask = chance.random(len(trial.outcome)) < expit(1.0 - 0.6 * trial.outcome)
    return seen


Found = Mapping[str, tuple[float, ...]]
"""Value, printed standard error, and both ends of the intervals: printed, of influence function and of stacked sandwich."""


def _of(printed: Estimate, direct: Estimate, stacked: Estimate) -> tuple[float, ...]:
    ends = [end for one in (printed, direct, stacked) for end in one.interval(LEVEL)]
    return (printed.value, printed.standard_error, *ends)


def _weighted(trial: Trial, seen: Mask, family: Family, target: Target) -> tuple[float, ...]:
    """Return what the estimator weighted for observation finds, with the interval that a run prints."""
    x, treated, outcome = trial.x, trial.treated, np.where(seen, trial.outcome, np.nan)
    models = fit_logistic(x, treated), fit_observation(x, treated, seen)
    made = augmented_observed(x, treated, outcome, seen, *models, family=family, target=target)
    means = small_sample_means(
        treated, outcome, models[0], made, family=family, target=target, observed=seen, observation=models[1]
    )
    return _of(difference(means), made.influence_function, made.sandwich)


def _complete_cases(trial: Trial, seen: Mask) -> tuple[float, ...]:
    x, treated, outcome = trial.x[seen], trial.treated[seen], trial.outcome[seen]
    fit = fit_logistic(x, treated)
    made = doubly_robust(x, treated, outcome, fit)
    means = small_sample_means(treated, outcome, fit, made)
    return _of(difference(means), made.influence_function, made.sandwich)


def _continuous(index: int, n: int) -> Found:
    trial, chance = observational(index, n), stream(11, index)
    seen = observed(trial, chance)
    targets: tuple[Target, ...] = ("ATE", "ATT", "ATO")
    return {
        **{f"{target}: {WEIGHTED}": _weighted(trial, seen, "gaussian", target) for target in targets},
        f"ATE: {CASES_BY_CHANCE}": _complete_cases(trial, chance.random(n) < 0.7),
        f"ATE: {CASES}": _complete_cases(trial, seen),
        f"ATE: {BY_ITSELF}": _weighted(trial, by_itself(trial, chance), "gaussian", "ATE"),
    }


def _binary(index: int, n: int) -> Found:
    trial = binary(index, n)
    return {f"ATE: {WEIGHTED}": _weighted(trial, observed(trial, stream(12, index)), "binomial", "ATE")}


@dataclass(frozen=True)
class Unobserved:
    """What one method did over the samples: its estimate, and the coverage of the printed interval and of two others."""

    outcome: str
    n: int
    name: str
    truth: float
    bias: float
    deviation: float
    mean_error: float
    coverage: float
    direct: float
    stacked: float

    @property
    def bias_error(self) -> float:
        """Monte-Carlo standard error of the bias."""
        return self.deviation / float(np.sqrt(SIMULATIONS))

    @property
    def fails(self) -> bool:
        """Whether the method's assumption does not hold in the world."""
        return any(self.name.endswith(name) for name in FAILING)


COVERAGE_ERROR = float(np.sqrt(LEVEL * (1 - LEVEL) / SIMULATIONS))
"""Monte-Carlo standard error of a coverage of 95 %."""


@cache
def coverages() -> tuple[Unobserved, ...]:
    """Return the coverage of every interval. Takes minutes."""
    continuous = {"ATE": 1.0, "ATT": effect_in_the_treated(), "ATO": 1.0}
    risk = {"ATE": measures()["risk difference"]}
    plan = [("continuous", n, _continuous, continuous) for n in SUBJECTS]
    plan += [("0 and 1", n, _binary, risk) for n in SUBJECTS]
    rows = []
    for outcome, n, one, truths in plan:
        made = simulated(partial(one, n=n), SIMULATIONS)
        for name in made[0]:
            value, error, *ends = np.array([found[name] for found in made]).T
            truth = truths[name.split(":")[0]]
            held = [
                float(((low <= truth) & (truth <= high)).mean())
                for low, high in zip(ends[::2], ends[1::2], strict=True)
            ]
            bias, deviation = float(value.mean() - truth), float(value.std(ddof=1))
            rows.append(Unobserved(outcome, n, name, truth, bias, deviation, float(error.mean()), *held))
    return tuple(rows)


@dataclass(frozen=True)
class Bias:
    """Bias over all samples with each model right or wrong, and its Monte-Carlo standard error."""

    propensity: str
    observation: str
    outcome: str
    bias: float
    error: float

    @property
    def in_errors(self) -> float:
        """Bias in its Monte-Carlo standard errors."""
        return self.bias / self.error

    @property
    def consistent(self) -> bool:
        """Whether theory says that there is no bias: the outcome model is right, or both others are."""
        return self.outcome == "right" or (self.propensity, self.observation) == ("right", "right")


CHOICES = tuple(product(("right", "wrong"), repeat=3))
"""What propensity, observation and outcome model are."""


def _one(index: int) -> list[float]:
    """Return the estimates of one sample, one for each of CHOICES."""
    trial = curved(index, CURVED_SUBJECTS)
    seen = curved_observed(trial, stream(13, index))
    outcome = np.where(seen, trial.outcome, np.nan)
    designs = {"right": np.column_stack([trial.x, trial.x[:, 1] ** 2]), "wrong": trial.x}
    scores = {name: fit_logistic(design, trial.treated) for name, design in designs.items()}
    chances = {name: fit_observation(design, trial.treated, seen) for name, design in designs.items()}
    return [
        augmented_observed(
            designs[model], trial.treated, outcome, seen, scores[score], chances[chance]
        ).sandwich.value
        for score, chance, model in CHOICES
    ]


@cache
def biases() -> tuple[Bias, ...]:
    """Return the bias of every combination of models. Takes minutes."""
    values = np.array(simulated(_one, SIMULATIONS))
    errors = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return tuple(
        Bias(*choice, float(mean - TRUTH), float(error))
        for choice, mean, error in zip(CHOICES, values.mean(axis=0), errors, strict=True)
    )
