"""Inverse probability weighting (IPW)."""

import numpy as np
from numpy.typing import NDArray

from medicore.stats.estimate import Estimate
from medicore.stats.logistic import LogisticFit
from medicore.stats.weights import Target, balancing_weights

Vector = NDArray[np.float64]


def hajek(
    treated: NDArray[np.bool_], outcome: Vector, propensity: LogisticFit, target: Target = "ATE"
) -> tuple[Estimate, Estimate]:
    """Return the difference of weighted means, normalised per arm, with two standard errors.

    First the stacked sandwich that accounts for the estimated scores (Lunceford & Davidian, 2004, section 3.2),
    then the one that takes the weights as fixed.
    """
    score = propensity.fitted
    weights = balancing_weights(treated, score, target)
    value, fixed, slope = 0.0, np.zeros(len(outcome)), np.zeros(len(outcome))
    derivative = _weight_derivative(treated, score, target)
    for sign, arm in ((1.0, treated), (-1.0, ~treated)):
        w = np.where(arm, weights, 0.0)
        mean = float((w * outcome).sum() / w.sum())
        residual = outcome - mean
        value += sign * mean
        fixed += sign * len(outcome) * w * residual / w.sum()
        slope += sign * np.where(arm, derivative, 0.0) * residual / w.sum()
    full = fixed + propensity.influence @ (propensity.basis.T @ slope)
    return (
        _estimate(target, "IPW (Hájek)", value, full, "sandwich, scores estimated, ddof 0"),
        _estimate(target, "IPW (Hájek)", value, fixed, "sandwich, weights fixed, ddof 0"),
    )


def horvitz_thompson(treated: NDArray[np.bool_], outcome: Vector, propensity: LogisticFit) -> Estimate:
    """Return mean(ay/e − (1 − a)y/(1 − e)), for diagnosis only: it moves with the outcome's origin."""
    weights = balancing_weights(treated, propensity.fitted)
    terms = np.where(treated, 1.0, -1.0) * weights * outcome
    value = float(terms.mean())
    return _estimate(
        "ATE", "IPW (Horvitz–Thompson)", value, terms - value, "influence function, weights fixed, ddof 0"
    )


def _weight_derivative(treated: NDArray[np.bool_], score: Vector, target: Target) -> Vector:
    """Return the derivative of each weight by the linear predictor of the score, ``(n,)``."""
    if target == "ATE":
        return np.where(treated, -(1 - score) / score, score / (1 - score))
    if target == "ATT":
        return np.where(treated, 0.0, score / (1 - score))
    return np.where(treated, -score * (1 - score), score * (1 - score))


def _estimate(target: str, estimator: str, value: float, influence: Vector, variance: str) -> Estimate:
    n = len(influence)
    return Estimate(target, estimator, value, float(np.sqrt((influence**2).sum()) / n), variance, n)
