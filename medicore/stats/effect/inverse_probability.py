"""Inverse probability weighting (IPW); with the target ATO it is overlap weighting."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import Target, balancing_weights, normalised, weight_derivatives
from medicore.stats.effect.contrasts import ArmMeans, difference, means_of_influence
from medicore.stats.effect.estimate import Estimate
from medicore.stats.given import checked
from medicore.stats.models.sandwich import propagate, standard_error
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WeightedMeans:
    """Weighted means of the arms, normalised per arm (Hájek), with two variances.

    ``scores_estimated`` is the stacked sandwich over the propensity model. ``weights_fixed`` treats the weights as
    known, which overstates the variance of the ATE.
    """

    scores_estimated: ArmMeans
    weights_fixed: ArmMeans


@checked
def weighted_means(
    treated: NDArray[np.bool_], outcome: Vector, propensity: Scores, target: Target = "ATE"
) -> WeightedMeans:
    """Return Σwy/Σw in each arm, where w are the balancing weights of the target population.

    The influence through the estimated scores is the derivative of the mean with respect to each score times the
    influence on the score (Lunceford & Davidian, 2004, section 3.2; Li, Morgan & Zaslavsky, 2018, section 3.3). ddof 0.
    """
    n, score = len(outcome), propensity.fitted
    weights = balancing_weights(treated, score, target)
    derivatives = weight_derivatives(treated, score, target)
    means, fixed, full = [], [], []
    for arm in (treated, ~treated):
        share = normalised(weights, arm)
        mean = float(share @ outcome)
        residual = outcome - mean
        slope = np.where(arm, derivatives, 0.0) * residual / weights[arm].sum()
        means.append(mean)
        fixed.append(n * share * residual)
        full.append(fixed[-1] + propagate(propensity.influence, propensity.gradient, slope))
    name = "Overlap weighting" if target == "ATO" else "IPW (Hájek)"
    return WeightedMeans(
        means_of_influence(target, name, means, full, "sandwich, scores estimated, ddof 0"),
        means_of_influence(target, name, means, fixed, "sandwich, weights fixed, ddof 0"),
    )


@checked
def hajek(
    treated: NDArray[np.bool_], outcome: Vector, propensity: Scores, target: Target = "ATE"
) -> tuple[Estimate, Estimate]:
    """Return the difference of weighted means twice: with the variance for estimated scores, and for fixed weights."""
    means = weighted_means(treated, outcome, propensity, target)
    return difference(means.scores_estimated), difference(means.weights_fixed)


@checked
def horvitz_thompson(treated: NDArray[np.bool_], outcome: Vector, propensity: Scores) -> Estimate:
    """Return mean(ay/e − (1 − a)y/(1 − e)). It is for diagnosis only, because it depends on the outcome's origin.

    Horvitz & Thompson (1952). The standard error is the stacked sandwich over the propensity model, ddof 0.
    """
    n, score = len(outcome), propensity.fitted
    sign = np.where(treated, 1.0, -1.0)
    terms = sign * balancing_weights(treated, score) * outcome
    slope = sign * weight_derivatives(treated, score) * outcome / n
    influence = terms - terms.mean() + propagate(propensity.influence, propensity.gradient, slope)
    return Estimate(
        "ATE",
        "IPW (Horvitz–Thompson)",
        float(terms.mean()),
        standard_error(influence, 0),
        "sandwich, scores estimated, ddof 0",
        n,
    )
