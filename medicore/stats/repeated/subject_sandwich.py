"""The covariance of a mixed model's contrasts by the subjects themselves, right where the common covariance is not."""

import numpy as np
from numpy.typing import NDArray

from medicore.stats.repeated.mixed_model import MixedFit

Vector = NDArray[np.float64]

_NO_LEVERAGE_LEFT = 1e-8
"""The share of a direction that a subject's residuals leave, below which the subject alone determines its coefficient."""


def subject_influence(
    fit: MixedFit, design: Vector, outcome: Vector, weights: Vector, *, corrected: bool = False
) -> Vector:
    """Return what each subject moves the contrasts Wβ by, ``(n, k)``; of subjects without a visit 0.

    ``weights`` W is ``(k, p)``; ``design``, ``(n, T, p)``, and ``outcome``, ``(n, T)`` with NaN where missing, are those of
    the ``fit``. A subject's influence is WΦXᵢᵀVᵢ⁻¹rᵢ, r its residuals and Φ the model's covariance of the coefficients; the
    sum of their outer products is the sandwich over subjects (Liang & Zeger, 1986). ``corrected`` takes (I − Hᵢ)⁻¹rᵢ for
    rᵢ, with Hᵢ = XᵢΦXᵢᵀVᵢ⁻¹: the change without the subject, the covariance kept (Mancl & DeRouen, 2001). A direction that a
    subject alone determines has no residual, and none is made up for it.
    """
    spread, coefficients = fit.likelihood.spread, fit.coefficients
    seen = ~np.isnan(outcome)
    found = np.zeros((len(outcome), len(weights)))
    for one in fit.moments:
        pattern = np.zeros(outcome.shape[1], dtype=bool)
        pattern[one.visits] = True
        same = np.flatnonzero((seen == pattern).all(axis=1))
        weight = one.weight(fit.covariance)
        for place in same:
            x = design[place, one.visits]
            residual = outcome[place, one.visits] - x @ coefficients
            if corrected:
                left = np.eye(len(x)) - x @ spread @ x.T @ weight
                residual = np.linalg.pinv(left, rcond=_NO_LEVERAGE_LEFT) @ residual
            found[place] = weights @ (spread @ (x.T @ (weight @ residual)))
    return found
