"""A second implementation of what imputed outcomes should be on average, and how far the draws are from it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.given import checked
from medicore.stats.imputation.outcome_draws import Rule
from medicore.stats.models.outcome_model import Family
from medicore.stats.verification_chances import expected_chances
from medicore.stats.verification_columns import whitened
from medicore.stats.verification_models import projection

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

FARTHEST = 6.0
"""The largest distance in standard errors of draws from what is expected: beyond it by chance once in 500 million."""


@dataclass(frozen=True, slots=True)
class DrawsOfArm:
    """The mean of an arm's imputed outcomes, its conditional mean, and the standard deviation of the draws about that.

    ``step`` is by how much one drawn outcome of 0 or 1 moves the mean, and 0 for continuous outcomes.
    """

    imputed: float
    expected: float
    deviation: float
    step: float = 0.0


def distance_of_draws(draws: Sequence[DrawsOfArm]) -> float:
    """Return how far the draws of several completed sets are from their conditional means, in standard errors.

    Of m sets, t = mean imputed − mean expected, in units of √(Σdeviation²/m² + |t|·step/(3m)). The second term is 0 for
    continuous outcomes. For those of 0 and 1 it is Bernstein's: where few ones are expected their number is far from
    normal, and the chance to be beyond d is at most exp(−d²/2) all the same (Bernstein, 1924).
    """
    m = len(draws)
    t = sum(one.imputed - one.expected for one in draws) / m
    variance = sum(one.deviation**2 for one in draws) / m**2 + abs(t) * max(one.step for one in draws) / (
        3 * m
    )
    return t / float(np.sqrt(variance)) if variance > 0 else 0.0


@checked
def verify_draws(
    x: Vector,
    treated: Mask,
    outcome: Vector,
    observed: Mask,
    completed: Vector,
    rule: Rule = "at random",
    family: Family = "gaussian",
) -> tuple[DrawsOfArm | None, DrawsOfArm | None]:
    """Return the means of the imputed outcomes of the treated and the control arm; None for an arm without gaps.

    ``completed``, ``(n,)``, is ``outcome`` with draws where not ``observed``. The conditional mean is the prediction by
    least squares on ``x``, ``(n, p)``, among the observed of the arm, or of the controls under the rule "reference",
    computed by another library than the draws are. The mean of k draws has the variance σ²(1/k + w̄ᵀ(WᵀW)⁻¹w̄), w̄ the
    mean predictors of the k, times ν/(ν − 2) for the draw of σ² with ν degrees of freedom. The chances of an outcome of
    0 and 1 are those of ``expected_chances``.
    """
    made_of = _of_chances if family == "binomial" else _of_residuals
    made: list[DrawsOfArm | None] = []
    for arm in (treated, ~treated):
        donors = (~treated if rule == "reference" else arm) & observed
        gaps = arm & ~observed
        if not gaps.any():
            made.append(None)
            continue
        made.append(made_of(x, np.where(observed, outcome, 0.0), donors, gaps, float(completed[gaps].mean())))
    return made[0], made[1]


def _of_residuals(x: Vector, known: Vector, donors: Mask, gaps: Mask, imputed: float) -> DrawsOfArm:
    columns, predicted = whitened(x, donors), projection(x, known, donors)
    n, parameters = int(donors.sum()), columns.shape[1]
    freedom = max(n - parameters, 3)
    residual = (known - predicted)[donors]
    mean = columns[gaps].mean(axis=0)
    variance = float(residual @ residual) / (freedom - 2) * (1 / gaps.sum() + mean @ mean / n)
    return DrawsOfArm(imputed, float(predicted[gaps].mean()), float(np.sqrt(variance)))


def _of_chances(x: Vector, known: Vector, donors: Mask, gaps: Mask, imputed: float) -> DrawsOfArm:
    expected, variance = expected_chances(x, known == 1, donors, gaps)
    return DrawsOfArm(imputed, expected, float(np.sqrt(variance)), 1 / float(gaps.sum()))
