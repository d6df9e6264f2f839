"""The primary estimator: AIPW or augmented overlap weighting, weighted for being observed where outcomes are missing."""

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import Target
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.missing.observation import Observation
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.outcome_model import Family
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


def primary_result(
    x_outcome: Vector,
    treated: Flags,
    outcome: Vector,
    observed: Flags,
    scores: Scores,
    observation: Observation | None,
    *,
    family: Family,
    target: Target,
) -> AugmentedResult:
    """Return the effect in the target population by propensity, outcome and, where outcomes are missing, observation model.

    ``x_outcome`` is ``(n, p)`` without intercept; ``outcome``, ``(n,)``, is read where ``observed``, ``(n,)`` bool, is
    true. Without an ``observation`` model every outcome is observed, and it is ``doubly_robust``, else
    ``augmented_observed``.
    """
    if observation is None:
        return doubly_robust(x_outcome, treated, outcome, scores, family=family, target=target)
    return augmented_observed(
        x_outcome, treated, outcome, observed, scores, observation, family=family, target=target
    )
