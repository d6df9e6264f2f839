"""The means of the second implementation, and the influence on them in small samples."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.stats.verification_columns import evened, hat_diagonal, lengthened, whitened

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ArmMean:
    """An arm's mean, each subject's influence on it, and what outcomes and predictions count, ``(n,)`` each.

    ``own`` is what a subject's outcome counts in the influence, ``exact`` in the mean itself, where ``averaged`` is what its
    prediction counts; these are n times the share.
    """

    value: float
    influence: Vector
    own: Vector
    exact: Vector
    averaged: Vector

    def corrected(
        self,
        x: Vector,
        predicted: Vector,
        arm: NDArray[np.bool_],
        outcome: Vector,
        family: Literal["gaussian", "binomial", "firth"],
        missing: bool,
    ) -> Vector:
        """Return the influence for small samples, ``(n,)``.

        Residuals are lengthened for their leverage. Where outcomes are ``missing``, they also count as they do in the mean:
        by the exact weight, and by what evens out the columns that these weights leave uneven. All are
        NaN where the model has no predictions.
        """
        if not np.isfinite(predicted).all():
            return np.full(len(outcome), np.nan)
        fitted = predicted[arm]
        variance = np.ones(len(outcome))
        if family != "gaussian" and x.shape[1] > 0:
            variance = predicted * (1 - predicted)
        columns = whitened(x, arm)
        residual = outcome[arm] - fitted
        longer = lengthened(residual, hat_diagonal(columns[arm], variance[arm]))
        influence = self.influence.copy()
        influence[arm] += self.own[arm] * longer
        if missing:
            gap = (self.averaged - self.exact) @ (columns * variance[:, None])
            counted = self.exact[arm] + evened(columns[arm], variance[arm], gap)
            influence[arm] += counted * (residual + longer) - self.own[arm] * (residual + longer)
        return influence
