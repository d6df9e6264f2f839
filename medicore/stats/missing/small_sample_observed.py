"""The variance of the primary estimate in small samples where outcomes are missing."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import Target, tilting
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.outcome_weights import outcome_weights, population_shares, residual_shares
from medicore.stats.given import checked
from medicore.stats.missing.observation import Observation
from medicore.stats.missing.observation_weights import observation_weights
from medicore.stats.models.carried import carried, satterthwaite
from medicore.stats.models.leverage import Correction, inflation, leverages
from medicore.stats.models.outcome_model import Family, OutcomeModel
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


@checked
def small_sample_observed(
    treated: Mask,
    outcome: Vector,
    observed: Mask,
    propensity: Scores,
    observation: Observation,
    result: AugmentedResult,
    *,
    family: Family = "gaussian",
    target: Target = "ATE",
    correction: Correction = "HC2",
) -> ArmMeans:
    """Return the arms' means of ``result`` with the variance and degrees of freedom for small samples.

    The product of two weights is uneven, and the outcome models, fitted among the observed, make up for it in the estimate:
    an outcome counts c there, its ``outcome_weights``, where the influence function gives it its weight alone. In each
    observed subject's influence the residual y − m therefore counts n·c/√(1 − h), h the subject's leverage among the
    observed of its arm (HC2: MacKinnon & White, 1985; Bell & McCaffrey, 2002), or n·c/(1 − h) (HC3). Everything else is as
    in the variance of the influence function. Given arms and covariates, for least squares and one variance of the outcome
    in each arm, the noise of the estimate is then free of bias. Under the ATT a treated arm without a missing outcome has
    no model but its mean, with leverage 1/n1.

    The degrees of freedom of Student's t are Satterthwaite's, because few outcomes with large weights carry the variance
    (``carried``). ``outcome``, ``(n,)``, is not read where ``observed``, ``(n,)`` bool, is false.
    """
    n, score = len(outcome), propensity.fitted
    weights = observation_weights(treated, observed, propensity, observation, target)
    averaged = population_shares(treated, score, target)
    population = float(treated.mean()) if target == "ATT" else float(tilting(score, target)[0].mean())
    scale = np.sqrt(n * (n - (0 if target == "ATT" else 1)))
    root, groups = result.means.root.copy(), []
    arms = treated & observed, ~treated & observed
    for place, (arm, model) in enumerate(zip(arms, result.models, strict=True)):
        if target == "ATT" and place == 0 and arm.sum() == treated.sum():
            fit = _of_mean(outcome[arm], averaged[arm])
        else:
            residual = residual_shares(weights, arm, treated, target)
            counted = outcome_weights(model, arm, averaged, residual, family)
            fit = _of_model(model, arm, outcome[arm], counted[arm], family)
        noise = n * fit.counted * fit.residual * inflation(fit.leverage, correction) / scale
        root[arm, place] += noise - weights[arm] / population * fit.residual / scale
        groups.append(carried(noise, fit.counted * fit.deviation, fit.parameters))
    root -= root.mean(axis=0)
    total = float(((root[:, 0] - root[:, 1]) ** 2).sum())
    return replace(
        result.means,
        root=root,
        variance=f"{result.means.variance}, residuals weighted as in the estimate and corrected for leverage ({correction}), "
        "Student's t",
        degrees_of_freedom=satterthwaite(total, groups, n),
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    """The observed of an arm: residual, leverage, what the outcome counts, and its deviation, ``(k,)`` each."""

    residual: Vector
    leverage: Vector
    counted: Vector
    deviation: Vector
    parameters: int


def _of_mean(outcome: Vector, counted: Vector) -> _Fit:
    k = len(outcome)
    return _Fit(outcome - outcome.mean(), np.full(k, 1 / k), counted, np.ones(k), 1)


def _of_model(model: OutcomeModel, arm: Mask, outcome: Vector, counted: Vector, family: Family) -> _Fit:
    fitted = model.predicted[arm]
    deviation = np.sqrt(fitted * (1 - fitted)) if family != "gaussian" else np.ones(len(fitted))
    return _Fit(outcome - fitted, leverages(model, arm, family), counted, deviation, model.gradient.shape[1])
