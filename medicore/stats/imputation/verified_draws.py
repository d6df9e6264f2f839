"""A second implementation of what imputed outcomes should be on average, and how far the draws are from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.given import checked
from medicore.stats.imputation.outcome_draws import Rule
from medicore.stats.verification_columns import whitened
from medicore.stats.verification_models import projection

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

FARTHEST = 6.0
"""The largest distance in standard errors of draws from what is expected: beyond it by chance once in 500 million."""


@dataclass(frozen=True, slots=True)
class DrawsOfArm:
    """The mean of an arm's imputed outcomes, its conditional mean, and the standard deviation of the draws about that."""

    imputed: float
    expected: float
    deviation: float


@checked
def verify_draws(
    x: Vector, treated: Mask, outcome: Vector, observed: Mask, completed: Vector, rule: Rule = "at random"
) -> tuple[DrawsOfArm | None, DrawsOfArm | None]:
    """Return the means of the imputed outcomes of the treated and the control arm; None for an arm without gaps.

    ``completed``, ``(n,)``, is ``outcome`` with draws where not ``observed``. The conditional mean is the prediction by
    least squares on ``x``, ``(n, p)``, among the observed of the arm, or of the controls under the rule "reference",
    computed by another library than the draws are. The mean of k draws has the variance σ²(1/k + w̄ᵀ(WᵀW)⁻¹w̄), w̄ the
    mean predictors of the k, times ν/(ν − 2) for the draw of σ² with ν degrees of freedom.
    """
    made: list[DrawsOfArm | None] = []
    for arm in (treated, ~treated):
        donors = (~treated if rule == "reference" else arm) & observed
        gaps = arm & ~observed
        if not gaps.any():
            made.append(None)
            continue
        known = np.where(observed, outcome, 0.0)
        columns, predicted = whitened(x, donors), projection(x, known, donors)
        n, parameters = int(donors.sum()), columns.shape[1]
        freedom = max(n - parameters, 3)
        residual = (outcome - predicted)[donors]
        mean = columns[gaps].mean(axis=0)
        variance = float(residual @ residual) / (freedom - 2) * (1 / gaps.sum() + mean @ mean / n)
        made.append(
            DrawsOfArm(float(completed[gaps].mean()), float(predicted[gaps].mean()), float(np.sqrt(variance)))
        )
    return made[0], made[1]
