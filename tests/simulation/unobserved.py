"""The doubly robust estimator with missing outcomes over many samples: its intervals, and which models must be right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.stats.balance.weights import Target
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.estimate import Estimate
from medicore.stats.missing.observation import fit_observation
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import Family
from tests.simulation.coverage import Coverage
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
SUBJECTS = (500, 1000)
CURVED_SUBJECTS = 1000
TRUTH = 1.0
"""The effect in ``curved``."""
OBSERVED_BY_CHANCE = np.array([0.6, -0.4, 0.3])
"""Coefficients of the true observation model, on the logit scale."""
COMPLETE_CASES = "complete cases"

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


Found = Mapping[str, tuple[float, float, float, float]]
"""Value, standard error and both ends of the interval, by name."""


def _of(estimate: Estimate) -> tuple[float, float, float, float]:
    return (estimate.value, estimate.standard_error, *estimate.interval(LEVEL))


def _effects(trial: Trial, seen: Mask, family: Family, targets: Sequence[Target]) -> Found:
    x, treated, outcome = trial.x, trial.treated, np.where(seen, trial.outcome, np.nan)
    models = fit_logistic(x, treated), fit_observation(x, treated, seen)
    found: dict[str, tuple[float, float, float, float]] = {}
    for target in targets:
        made = augmented_observed(x, treated, outcome, seen, *models, family=family, target=target)
        found[f"{target}: influence function"] = _of(made.influence_function)
        found[f"{target}: stacked sandwich"] = _of(made.sandwich)
    return found


def _complete_cases(trial: Trial, seen: Mask) -> Found:
    known = trial.x[seen], trial.treated[seen], trial.outcome[seen]
    found = doubly_robust(*known, fit_logistic(*known[:2]))
    return {f"ATE: {COMPLETE_CASES}": _of(found.sandwich)}


def _continuous(index: int, n: int) -> Found:
    trial = observational(index, n)
    seen = observed(trial, stream(11, index))
    return {**_complete_cases(trial, seen), **_effects(trial, seen, "gaussian", ("ATE", "ATT", "ATO"))}


def _binary(index: int, n: int) -> Found:
    trial = binary(index, n)
    seen = observed(trial, stream(12, index))
    return _effects(trial, seen, "binomial", ("ATE",))


@cache
def coverages() -> tuple[Coverage, ...]:
    """Return the coverage of every interval. Takes minutes."""
    continuous = {"ATE": 1.0, "ATT": effect_in_the_treated(), "ATO": 1.0}
    risk = {"ATE": measures()["risk difference"]}
    plan = [("continuous", n, _continuous, continuous) for n in SUBJECTS]
    plan += [("0 and 1", n, _binary, risk) for n in SUBJECTS]
    rows = []
    for outcome, n, one, truths in plan:
        made = simulated(partial(one, n=n), SIMULATIONS)
        for name in made[0]:
            value, error, low, high = np.array([found[name] for found in made]).T
            truth = truths[name.split(":")[0]]
            rows.append(
                Coverage(
                    outcome,
                    n,
                    name,
                    truth,
                    SIMULATIONS,
                    float(value.mean() - truth),
                    float(value.std(ddof=1)),
                    float(error.mean()),
                    float(((low <= truth) & (truth <= high)).mean()),
                )
            )
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
