"""The chance that a subject's outcome is observed, under each arm."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.given import checked
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from medicore.stats.models.scores import GivenScores, Scores, known_scores

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Observation:
    """The probability of an observed outcome, π(x), for every subject as if treated and as if not treated.

    ``treated`` and ``control`` hold ``(n,)`` probabilities each, their gradient and the influence on the model's
    coefficients, ``(n, q)``. ``fit`` is the logistic regression, or None when no outcome is missing.
    """

    treated: Scores
    control: Scores
    fit: LogisticFit | None

    @property
    def arms(self) -> tuple[Scores, Scores]:
        """The probabilities under treatment and under control."""
        return self.treated, self.control


@checked
def fit_observation(x: Vector, treated: NDArray[np.bool_], observed: NDArray[np.bool_]) -> Observation:
    """Return the probability of an observed outcome under each arm, π(a, x) = P(R = 1 | A = a, x).

     One logistic regression of ``observed``, ``(n,)`` bool, on the arm and ``x``, ``(n, p)`` without intercept or arm
    . An arm without a missing outcome has
     probability 1 for every subject, and the other arm a regression on ``x`` among its own subjects: the limit of the
     likelihood of the one regression, which has no maximum then. Nothing is estimated when no outcome is missing.
     Look at ``fit.separated`` and ``fit.converged`` before you use the probabilities.

     Raises EstimationError when an arm has no observed outcome, or the subjects cannot carry the regression.
    """
    n = len(treated)
    certain = known_scores(np.ones(n))
    complete = [bool(observed[arm].all()) for arm in (treated, ~treated)]
    if all(complete):
        return Observation(certain, certain, None)
    if any(complete):
        arm = ~treated if complete[0] else treated
        fit = fit_logistic(x[arm], observed[arm])
        partial = _chances(fit, x, _whole(fit.influence, arm))
        return Observation(certain, partial, fit) if complete[0] else Observation(partial, certain, fit)
    fit = fit_logistic(np.column_stack([treated, x]), observed)
    one, zero = (_chances(fit, np.column_stack([np.full(n, arm), x]), fit.influence) for arm in (1.0, 0.0))
    return Observation(one, zero, fit)


def _chances(fit: LogisticFit, rows: Vector, influence: Vector) -> GivenScores:
    chance = fit.probability(rows)
    gradient = fit.design.basis(rows) * (chance * (1 - chance))[:, None]
    return GivenScores(chance, gradient, influence)


def _whole(influence: Vector, arm: NDArray[np.bool_]) -> Vector:
    """Return the influence values of an arm as influence values of the whole sample."""
    whole = np.zeros((len(arm), influence.shape[1]))
    whole[arm] = influence * (len(arm) / len(influence))
    return whole
