"""The primary estimator: AIPW or augmented overlap weighting, weighted for being observed where outcomes are missing."""

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import Target
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.outcome_model import Family
from medicore.stats.models.scores import Scores
from medicore.steps.models.observing import fitted_observation

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


def primary_result(
    x_outcome: Vector,
    x_observation: Vector,
    treated: Flags,
    outcome: Vector,
    observed: Flags,
    scores: Scores,
    *,
    family: Family,
    target: Target,
) -> AugmentedResult:
    """Return the effect in the target population by propensity, outcome and, where outcomes are missing, observation model.

    Designs are ``(n, p)`` without intercept; ``outcome``, ``(n,)``, is read where ``observed``, ``(n,)`` bool, is true.
    With every outcome observed it is ``doubly_robust``, else ``augmented_observed``.
    """
    if observed.all():
        return doubly_robust(x_outcome, treated, outcome, scores, family=family, target=target)
    observation = fitted_observation(x_observation, treated, observed)
    return augmented_observed(
        x_outcome, treated, outcome, observed, scores, observation, family=family, target=target
    )
