"""Weighted means of the observed outcomes: inverse probability weighting for treatment and observation."""

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import Target, balancing_weights, normalised, weight_derivatives
from medicore.stats.effect.contrasts import ArmMeans, means_of_influence
from medicore.stats.given import checked
from medicore.stats.missing.observation import Observation
from medicore.stats.models.sandwich import propagate
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]


@checked
def hajek_observed(
    treated: NDArray[np.bool_],
    outcome: Vector,
    observed: NDArray[np.bool_],
    propensity: Scores,
    observation: Observation,
    target: Target = "ATE",
) -> ArmMeans:
    """Return ΣRwy/π/ΣRw/π in each arm, where w are the balancing weights and π is the probability of observation.

    Hájek's normalisation per arm; Seaman & White (2013). The estimator needs a right propensity and a right observation
    model. The variance is the stacked sandwich over both models, ddof 0. ``outcome``, ``(n,)``, is not read where
    ``observed``, ``(n,)`` bool, is false.
    """
    n, score = len(outcome), propensity.fitted
    weights = balancing_weights(treated, score, target)
    derivatives = weight_derivatives(treated, score, target)
    means, influences = [], []
    for arm, chance in zip((treated, ~treated), observation.arms, strict=True):
        seen = arm & observed
        weight = weights / chance.fitted
        share = normalised(weight, seen)
        mean = float(share[seen] @ outcome[seen])
        residual = np.zeros(n)
        residual[seen] = outcome[seen] - mean
        score_slope = derivatives / chance.fitted * residual / weight[seen].sum()
        chance_slope = -share * residual / chance.fitted
        means.append(mean)
        influences.append(
            n * share * residual
            + propagate(propensity.influence, propensity.gradient, score_slope)
            + propagate(chance.influence, chance.gradient, chance_slope)
        )
    name = "Overlap weighting" if target == "ATO" else "IPW (Hájek)"
    return means_of_influence(
        target, f"{name} for treatment and observation", means, influences, "stacked sandwich, ddof 0"
    )
