"""Outcome models: what each subject's outcome would be under either arm."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.models.linear import fit_linear
from medicore.stats.models.logistic import fit_logistic

Vector = NDArray[np.float64]
Family = Literal["gaussian", "binomial"]
Form = Literal["per arm", "joint"]


@dataclass(frozen=True, slots=True)
class OutcomeModel:
    """Predictions of the outcome under one arm, for every subject, and where they come from.

    ``predicted`` is ``(n,)``; ``gradient`` ``(n, q)`` its derivative by the model's coefficients; ``influence``
    ``(n, q)`` each subject's influence on these, 0 for subjects the model was not fitted on. ``aliased`` are
    columns left out, ``separated`` and ``converged`` are those of a logistic fit.
    """

    predicted: Vector
    gradient: Vector
    influence: Vector
    aliased: tuple[int, ...]
    separated: bool
    converged: bool


def fit_outcome_models(
    x: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    family: Family = "gaussian",
    form: Form = "per arm",
) -> tuple[OutcomeModel, OutcomeModel]:
    """Return the outcome models under treatment and under control.

    ``gaussian`` is least squares, ``binomial`` maximum likelihood logistic regression of an outcome of 0 and 1.
    ``per arm`` fits a model in each arm, ``joint`` one model with the arm as a further column. ``x`` is
    ``(n, p)`` without intercept; rank is checked within what each model is fitted on.
    """
    if family == "binomial":
        require_binary(outcome)
    if form == "per arm":
        (under_treatment,) = _fit(x, treated, outcome, family, (x,))
        (under_control,) = _fit(x, ~treated, outcome, family, (x,))
        return under_treatment, under_control
    everybody = np.ones(len(outcome), dtype=bool)
    as_if = tuple(np.column_stack([np.full(len(outcome), arm), x]) for arm in (1.0, 0.0))
    under_treatment, under_control = _fit(np.column_stack([treated, x]), everybody, outcome, family, as_if)
    return under_treatment, under_control


def require_binary(outcome: Vector) -> None:
    """Raise EstimationError unless every outcome is 0 or 1."""
    if not np.isin(outcome, (0.0, 1.0)).all():
        raise EstimationError(
            "a binary outcome holds something other than 0 and 1; expected 0 or 1; check the outcome's coding"
        )


def _fit(
    x: Vector, subset: NDArray[np.bool_], outcome: Vector, family: Family, tables: tuple[Vector, ...]
) -> tuple[OutcomeModel, ...]:
    """Return one model fitted on ``subset`` of ``x``, predicted for the rows of each of the tables."""
    if family == "gaussian":
        fit = fit_linear(x[subset], outcome[subset])
        influence = _spread(fit.influence, subset)
        return tuple(
            OutcomeModel(basis @ fit.theta, basis, influence, fit.aliased, False, True)
            for basis in map(fit.design.basis, tables)
        )
    logistic = fit_logistic(x[subset], outcome[subset] == 1)
    influence = _spread(logistic.influence, subset)
    return tuple(
        OutcomeModel(
            chance,
            logistic.design.basis(table) * (chance * (1 - chance))[:, None],
            influence,
            logistic.aliased,
            logistic.separated,
            logistic.converged,
        )
        for table, chance in ((table, logistic.probability(table)) for table in tables)
    )


def _spread(influence: Vector, subset: NDArray[np.bool_]) -> Vector:
    """Return influence values within a subset as influence values in the whole sample."""
    whole = np.zeros((len(subset), influence.shape[1]))
    whole[subset] = influence * (len(subset) / len(influence))
    return whole
