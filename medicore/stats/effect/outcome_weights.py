"""What each outcome counts in an arm's mean: by its own residual, and through the outcome model."""

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import Target, tilting
from medicore.stats.given import checked
from medicore.stats.models.leverage import whitened
from medicore.stats.models.outcome_model import Family, OutcomeModel

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]


@checked
def population_shares(treated: Mask, score: Vector, target: Target) -> Vector:
    """Return each subject's share in the target population, ``(n,)``; they add up to 1."""
    counted = treated.astype(np.float64) if target == "ATT" else tilting(score, target)[0]
    shares: Vector = counted / counted.sum()
    return shares


@checked
def residual_shares(weights: Vector, arm: Mask, treated: Mask, target: Target) -> Vector:
    """Return what each residual of ``arm`` counts in the arm's mean by the primary estimator, ``(n,)``, 0 outside it.

    The ``weights``, ``(n,)``, are divided by n for the ATE, by the number of treated for the ATT, and by their sum in the
    arm for the ATO.
    """
    inside = np.where(arm, weights, 0.0)
    total = {"ATE": float(len(treated)), "ATT": float(treated.sum()), "ATO": float(inside.sum())}[target]
    shares: Vector = inside / total
    return shares


def outcome_weights(
    model: OutcomeModel, arm: Mask, averaged: Vector, residual: Vector, family: Family = "gaussian"
) -> Vector:
    """Return what each outcome of ``arm`` counts in Σtm + Σs(y − m), ``(n,)``, 0 outside the arm.

    t are the ``averaged`` shares and s the ``residual`` shares, ``(n,)`` each, s being 0 outside the arm; m is the
    ``model``, fitted in the arm. The weight of outcome j is s_j + bᵀ(Σvbbᵀ)⁻¹Σ(t − s)vb with b the model's basis, the first
    that of subject j, and v the variance of the outcome: 1 for least squares, m(1 − m) for a logistic model. For least
    squares the mean is linear in the outcomes, and these are its coefficients: they balance the basis, Σcb = Σtb. For
    a logistic model they are its derivatives. A subject with v = 0 has its residual's share alone.
    """
    slope = model.gradient.T @ (averaged - residual)
    through = np.linalg.pinv(whitened(model, arm, family)).T @ slope
    if family != "gaussian":
        deviation = np.sqrt(model.predicted[arm] * (1 - model.predicted[arm]))
        through = np.divide(through, deviation, out=np.zeros_like(through), where=deviation > 0)
    weights = residual.copy()
    weights[arm] += through
    return weights
