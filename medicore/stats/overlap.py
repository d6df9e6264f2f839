"""Overlap of the propensity scores of the two arms."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Vector = NDArray[np.float64]


def c_statistic(treated: NDArray[np.bool_], score: Vector) -> float:
    """Return the probability that a treated subject has the higher score, ties counted half (Hanley & McNeil, 1982)."""
    n1, n0 = int(treated.sum()), int((~treated).sum())
    ranks = rankdata(score)
    return float((ranks[treated].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def equipoise(treated: NDArray[np.bool_], score: Vector) -> float:
    """Return the share of subjects whose preference score is between 0.3 and 0.7 (Walker et al., 2013).

    The preference score F has logit F = logit e − logit π, with π the share treated.
    """
    share = float(treated.mean())
    with np.errstate(divide="ignore"):
        odds = np.log(score) - np.log1p(-score) - np.log(share / (1 - share))
    preference = 1 / (1 + np.exp(-odds))
    return float(((preference >= 0.3) & (preference <= 0.7)).mean())


def within(score: Vector, lower: float, upper: float) -> NDArray[np.bool_]:
    """Return which scores lie in [lower, upper], ``(n,)`` bool: those that discarding keeps."""
    return (score >= lower) & (score <= upper)
