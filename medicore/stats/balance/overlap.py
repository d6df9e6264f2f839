"""Overlap of the propensity scores of the two arms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from medicore.stats.given import checked

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScoreRange:
    """Smallest and largest score in an arm, and the numbers of its scores outside the limits."""

    smallest: float
    largest: float
    below: int
    above: int


TIED = 1e-12
"""Scores that are no farther apart belong to subjects who are alike."""


@checked
def c_statistic(treated: NDArray[np.bool_], score: Vector) -> float:
    """Return the probability that a treated subject has the higher score, ties counted half (Hanley & McNeil, 1982).

    Scores within ``TIED`` of their neighbour are tied: subjects alike in every covariate have scores that may differ in their
    last bits, in a way that depends on the processor.
    """
    order = np.argsort(score, kind="stable")
    rank = np.empty(score.size, dtype=np.int64)
    rank[order] = np.concatenate(([0], np.cumsum(np.diff(score[order]) > TIED)))
    controls = np.sort(rank[~treated])
    lower, not_higher = (np.searchsorted(controls, rank[treated], side) for side in ("left", "right"))
    return float((lower.sum() + not_higher.sum()) / (2 * lower.size * controls.size))


@checked
def equipoise(treated: NDArray[np.bool_], score: Vector) -> float:
    """Return the share of subjects whose preference score is between 0.3 and 0.7 (Walker et al., 2013).

    The preference score F has logit F = logit e − logit π, with π the share treated.
    """
    preference = expit(logit(score) - logit(float(treated.mean())))
    return float(((preference >= 0.3) & (preference <= 0.7)).mean())


def score_range(arm: NDArray[np.bool_], score: Vector, lower: float, upper: float) -> ScoreRange:
    """Return the range of the scores in an arm, and counts strictly below ``lower`` and above ``upper``."""
    inside = score[arm]
    return ScoreRange(
        float(inside.min()), float(inside.max()), int((inside < lower).sum()), int((inside > upper).sum())
    )


def within(score: Vector, lower: float, upper: float) -> NDArray[np.bool_]:
    """Return which scores lie in [lower, upper], ``(n,)`` bool; discarding keeps these subjects.

    Discarding changes the estimand to the average over the subjects that are kept (Crump et al., 2009, section 2).
    ``scores.clipped_scores`` moves scores instead; it keeps all subjects and the estimand.
    """
    return (score >= lower) & (score <= upper)
