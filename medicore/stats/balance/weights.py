"""Balancing weights from propensity scores, and measures of their cost in precision."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.stats.given import checked

Vector = NDArray[np.float64]
Target = Literal["ATE", "ATT", "ATO"]


@checked
def balancing_weights(treated: NDArray[np.bool_], score: Vector, target: Target = "ATE") -> Vector:
    """Return the weights, ``(n,)``, that balance the arms for the target population.

    ATE: 1/e and 1/(1 − e). ATT: 1 and e/(1 − e). ATO: 1 − e and e (Li, Morgan & Zaslavsky, 2018, table 1).
    """
    if target == "ATE":
        return np.where(treated, 1 / score, 1 / (1 - score))
    if target == "ATT":
        return np.where(treated, 1.0, score / (1 - score))
    return np.where(treated, 1 - score, score)


@checked
def weight_derivatives(treated: NDArray[np.bool_], score: Vector, target: Target = "ATE") -> Vector:
    """Return the derivative of each weight with respect to the subject's score, ``(n,)``."""
    if target == "ATE":
        return np.where(treated, -1 / score**2, 1 / (1 - score) ** 2)
    if target == "ATT":
        return np.where(treated, 0.0, 1 / (1 - score) ** 2)
    return np.where(treated, -1.0, 1.0)


def tilting(score: Vector, target: Target = "ATE") -> tuple[Vector, Vector]:
    """Return each subject's weight in the target population and its derivative with respect to the score, both ``(n,)``.

    ATE: 1; ATT: e; ATO: e(1 − e) (Li, Morgan & Zaslavsky, 2018, equation 3).
    """
    if target == "ATE":
        return np.ones(len(score)), np.zeros(len(score))
    if target == "ATT":
        return score, np.ones(len(score))
    return score * (1 - score), 1 - 2 * score


@checked
def stabilised_weights(treated: NDArray[np.bool_], score: Vector) -> Vector:
    """Return the ATE weights times the share of the subject's own arm, ``(n,)``.

    A Hájek estimate stays the same with them, because it normalises the weights per arm. Their mean should be near 1.
    """
    share = float(treated.mean())
    weights: Vector = np.where(treated, share, 1 - share) * balancing_weights(treated, score)
    return weights


def normalised(weights: Vector, arm: NDArray[np.bool_]) -> Vector:
    """Return the weights of the subjects in ``arm`` divided by their sum, 0 for the others, ``(n,)`` (Hájek, 1971)."""
    inside = np.where(arm, weights, 0.0)
    shares: Vector = inside / inside.sum()
    return shares


def effective_sample_size(weights: Vector) -> float:
    """Return (Σw)²/Σw², the size of an unweighted sample with the same information (Kish, 1965, section 11.7)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def largest_share(weights: Vector) -> float:
    """Return the largest weight as a share of the arm's total weight, between 0 and 1."""
    return float(weights.max() / weights.sum())
