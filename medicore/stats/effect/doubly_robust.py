"""The primary estimator of each target population: AIPW for ATE and ATT, augmented overlap weighting for ATO."""

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import Target
from medicore.stats.effect.augmented import AugmentedResult, augmented_inverse_probability
from medicore.stats.effect.augmented_overlap import augmented_overlap
from medicore.stats.given import checked
from medicore.stats.models.outcome_model import Family
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]


@checked
def doubly_robust(
    x: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    propensity: Scores,
    *,
    family: Family = "gaussian",
    target: Target = "ATE",
) -> AugmentedResult:
    """Return the effect in the target population from propensity scores and outcome models together.

    The estimators of ATE and ATT are consistent when at least one of the two models is right. The ATO weights by the
    scores themselves, so its population is the intended one only if the propensity model is right (Mao, Li & Greene,
    2019).
    ``x`` is ``(n, p)`` without intercept.
    """
    if target == "ATO":
        return augmented_overlap(x, treated, outcome, propensity, family=family)
    return augmented_inverse_probability(x, treated, outcome, propensity, family=family, target=target)
