"""Propensity scores as inputs of estimators: fitted, clipped, or known."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


class Scores(Protocol):
    """Scores, ``(n,)``, with their derivative with respect to the coefficients, and the influence on these, ``(n, q)``.

    A fitted logistic regression satisfies this protocol.
    """

    @property
    def fitted(self) -> Vector:
        """Propensity score of each subject, between 0 and 1."""

    @property
    def gradient(self) -> Vector:
        """Derivative of each score with respect to the coefficients of the model."""

    @property
    def influence(self) -> Vector:
        """Influence of each subject on the coefficients of the model."""


@dataclass(frozen=True, slots=True)
class GivenScores:
    """Scores with explicitly given derivative and influence."""

    fitted: Vector
    gradient: Vector
    influence: Vector


def known_scores(score: Vector) -> GivenScores:
    """Return scores that are known, not estimated on these subjects: a randomisation ratio, or scores of a larger sample."""
    nothing = np.zeros((len(score), 0))
    return GivenScores(score, nothing, nothing)


def clipped_scores(scores: Scores, lower: float, upper: float) -> GivenScores:
    """Return the scores, with those outside [lower, upper] moved to the nearer limit; all subjects are kept.

    The estimand stays the same, but the estimate can be biased when scores are moved. A moved score no longer depends
    on the model.
    """
    inside = (scores.fitted >= lower) & (scores.fitted <= upper)
    return GivenScores(
        np.clip(scores.fitted, lower, upper), scores.gradient * inside[:, None], scores.influence
    )
