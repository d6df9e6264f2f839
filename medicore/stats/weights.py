"""Balancing weights from propensity scores, and what they cost."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Target = Literal["ATE", "ATT", "ATO"]


def balancing_weights(treated: NDArray[np.bool_], score: Vector, target: Target = "ATE") -> Vector:
    """Return the weights, ``(n,)``, that balance the arms for the target population.

    ATE: 1/e and 1/(1 − e). ATT: 1 and e/(1 − e). ATO: 1 − e and e (Li, Morgan & Zaslavsky, 2018, table 1).
    """
    if target == "ATE":
        return np.where(treated, 1 / score, 1 / (1 - score))
    if target == "ATT":
        return np.where(treated, 1.0, score / (1 - score))
    return np.where(treated, 1 - score, score)


def effective_sample_size(weights: Vector) -> float:
    """Return (Σw)²/Σw², the size of an unweighted sample as informative as this one (Kish, 1965, section 11.7)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def largest_share(weights: Vector) -> float:
    """Return the share of the arm's total weight that one subject carries, between 0 and 1."""
    return float(weights.max() / weights.sum())
