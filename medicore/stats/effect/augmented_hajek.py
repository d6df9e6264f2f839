"""Augmented weighting with normalised residual weights, for ATE, ATT and ATO."""

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import (
    Target,
    balancing_weights,
    normalised,
    tilting,
    weight_derivatives,
)
from medicore.stats.effect.contrasts import ArmMeans, means_of_influence
from medicore.stats.given import checked
from medicore.stats.models.outcome_model import Family, fit_outcome_models
from medicore.stats.models.sandwich import propagate
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]


@checked
def augmented_hajek_means(
    x: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    propensity: Scores,
    *,
    family: Family = "gaussian",
    target: Target = "ATE",
) -> ArmMeans:
    """Return the arms' augmented means in the target population; the residual weights sum to 1 in each arm.

    μ1 = Σh m1/Σh + Σa w1(y − m1)/Σa w1, where h is the tilting function of the target population and w1 = h/e are its
    balancing weights; μ0 likewise (Zhou, Tong, Li & Thomas, 2020, equation 4; Robins, Sued, Lei-Gomez & Rotnitzky,
    2007). These weights bound the estimate; AIPW's 1/e do not. The variance is the stacked sandwich over propensity
    and outcome models, ddof 0. ``x`` is ``(n, p)`` without intercept; outcome models are fitted per arm.
    """
    n, score = len(outcome), propensity.fitted
    tilt, tilt_derivative = tilting(score, target)
    share_of_target = tilt / tilt.sum()
    weights = balancing_weights(treated, score, target)
    derivatives = weight_derivatives(treated, score, target)
    means, influences = [], []
    models = fit_outcome_models(x, treated, outcome, family)
    for arm, model in zip((treated, ~treated), models, strict=True):
        residual = outcome - model.predicted
        share = normalised(weights, arm)
        average, correction = float(share_of_target @ model.predicted), float(share @ residual)
        direct = n * (share_of_target * (model.predicted - average) + share * (residual - correction))
        score_slope = tilt_derivative * (model.predicted - average) / tilt.sum() + np.where(
            arm, derivatives, 0.0
        ) * (residual - correction) / float(weights[arm].sum())
        through_scores = propagate(propensity.influence, propensity.gradient, score_slope)
        through_model = propagate(model.influence, model.gradient, share_of_target - share)
        means.append(average + correction)
        influences.append(direct + through_scores + through_model)
    return means_of_influence(
        target, "AIPW, normalised weights", means, influences, "stacked sandwich, ddof 0"
    )
