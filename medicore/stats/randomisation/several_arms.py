"""The means of three arms and more of one randomised study, from which every contrast of two is made."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.models.leverage import leverages
from medicore.stats.models.linear import ALONE, fit_linear
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import Family, Form, OutcomeModel, require_binary
from medicore.stats.randomisation.randomisation_covariance import balance_gain, positive
from medicore.stats.randomisation.randomisation_scheme import Randomisation, calibrated

Vector = NDArray[np.float64]
Whole = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class SeveralMeans:
    """The means of all arms, ``(arms,)``, with their covariance, ``(arms, arms)``, and the degrees of freedom of Student's t."""

    means: Vector
    covariance: Vector
    estimator: str
    variance: str
    n: int
    degrees_of_freedom: float

    def pair(self, treated: int, control: int) -> ArmMeans:
        """Return the means of two arms, by their numbers, for a contrast of any measure."""
        both = [treated, control]
        values, vectors = np.linalg.eigh(self.covariance[np.ix_(both, both)])
        root = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
        one, zero = (float(self.means[place]) for place in both)
        return ArmMeans(
            "ATE", self.estimator, one, zero, root, self.variance, self.n, self.degrees_of_freedom
        )


def means_of_all_arms(
    x: Vector,
    arm: Whole,
    outcome: Vector,
    randomisation: Randomisation,
    *,
    arms: int,
    family: Family = "gaussian",
    form: Form = "joint",
) -> SeveralMeans:
    """Return every arm's mean if everybody of the study were in it, by g-computation over all arms together.

    ``x`` is ``(n, p)`` without intercept; ``arm``, ``(n,)``, is 0 to ``arms`` − 1. One model with an indicator
    per arm (``joint``) or a model in each arm is averaged over the subjects of all arms. The variance is that of the
    influence functions, ddof 1, with residuals divided by √(1 − h), less the ``balance_gain`` of the scheme (Ye, Bannick,
    Yi & Shao, 2023; Bannick et al., 2025).

    Raises EstimationError when an arm is empty, or there are not more subjects than parameters.
    """
    sizes = np.bincount(arm, minlength=arms)
    if arms < 2 or not sizes.all():
        raise EstimationError(
            f"{int((sizes > 0).sum())} of {arms} arms have subjects; expected all of two or more; check arms and criteria"
        )
    if family == "binomial":
        require_binary(outcome)
    n = len(arm)
    predicted, leverage, parameters = _fitted(x, arm, outcome, family, form, arms)
    weight = n / sizes[arm]
    if randomisation.calibrated:
        predicted = calibrated(predicted, arm, outcome, randomisation)
        cells = randomisation.cells(arm, arms)
        weight = cells.sum(axis=1)[randomisation.strata] / cells[randomisation.strata, arm]
        leverage = 1 - (1 - leverage) * (1 - 1 / cells[randomisation.strata, arm])
        parameters += cells.size - arms
    if n <= parameters:
        raise EstimationError(
            f"{n} subjects cannot carry {parameters} parameters; expected more subjects; use fewer covariates"
        )
    means, shares = predicted.mean(axis=0), sizes / n
    residual = outcome - predicted[np.arange(n), arm]
    alone = 1 - leverage < ALONE
    longer = np.where(alone, 0.0, residual / np.sqrt(np.where(alone, 1.0, 1 - leverage)))
    influence = predicted - means
    influence[np.arange(n), arm] += longer * weight
    gain = balance_gain(residual, arm, shares, randomisation, unbiased=True)
    covariance = positive((np.cov(influence, rowvar=False) - gain) / n)
    told = "" if randomisation.scheme == "simple" else f", {randomisation.scheme}"
    return SeveralMeans(
        means,
        covariance,
        f"g-computation over {arms} arms" + (", joint model" if form == "joint" else ""),
        f"influence function, ddof 1{told}, residuals corrected for leverage (HC2), Student's t",
        n,
        float(n - parameters),
    )


def _fitted(
    x: Vector, arm: Whole, outcome: Vector, family: Family, form: Form, arms: int
) -> tuple[Vector, Vector, int]:
    """Return predictions under every arm, ``(n, arms)``, leverages in their own fit, ``(n,)``, and the parameters."""
    n = len(arm)
    predicted, leverage, parameters = np.empty((n, arms)), np.empty(n), 0
    if form == "joint":
        everybody = np.ones(n, dtype=bool)
        own = _with_indicators(x, arm, arms)
        tables = [_with_indicators(x, np.full(n, one), arms) for one in range(arms)]
        (model, *under) = _model(own, everybody, outcome, family, [own, *tables])
        predicted[:] = np.column_stack([one.predicted for one in under])
        return predicted, leverages(model, everybody, family), model.gradient.shape[1]
    for one in range(arms):
        inside = arm == one
        (model,) = _model(x, inside, outcome, family, [x])
        predicted[:, one] = model.predicted
        leverage[inside] = leverages(model, inside, family)
        parameters += model.gradient.shape[1]
    return predicted, leverage, parameters


def _with_indicators(x: Vector, arm: Whole, arms: int) -> Vector:
    return np.column_stack([(arm[:, None] == np.arange(1, arms)).astype(np.float64), x])


def _model(
    x: Vector, among: NDArray[np.bool_], outcome: Vector, family: Family, tables: list[Vector]
) -> list[OutcomeModel]:
    """Return the model fitted ``among`` the rows of ``x``, with predictions for the rows of each table."""
    if family == "gaussian":
        linear = fit_linear(x[among], outcome[among])
        bases = [linear.design.basis(table) for table in tables]
        return [
            OutcomeModel(basis @ linear.theta, basis, linear.influence, linear.aliased, False, True)
            for basis in bases
        ]
    found = fit_logistic(x[among], outcome[among] == 1)
    made = []
    for table in tables:
        chance = found.probability(table)
        gradient = found.design.basis(table) * (chance * (1 - chance))[:, None]
        made.append(
            OutcomeModel(chance, gradient, found.influence, found.aliased, found.separated, found.converged)
        )
    return made
