"""Outcome models: predictions of each subject's outcome under each arm."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.given import checked
from medicore.stats.models.firth import fit_firth
from medicore.stats.models.linear import fit_linear
from medicore.stats.models.logistic import fit_logistic

Vector = NDArray[np.float64]
Family = Literal["gaussian", "binomial", "firth"]
Form = Literal["per arm", "joint"]


@dataclass(frozen=True, slots=True)
class OutcomeModel:
    """Predictions of the outcome under one arm for every subject, and the quantities for their variance.

    ``predicted`` is ``(n,)``. ``gradient``, ``(n, q)``, is its derivative with respect to the model's coefficients.
    ``influence``, ``(n, q)``, is each subject's influence on the coefficients, 0 for subjects outside the fit.
    ``aliased`` are the columns left out; ``separated`` and ``converged`` are those of a logistic fit.
    """

    predicted: Vector
    gradient: Vector
    influence: Vector
    aliased: tuple[int, ...]
    separated: bool
    converged: bool


@checked
def fit_outcome_models(
    x: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    family: Family = "gaussian",
    form: Form = "per arm",
    observed: NDArray[np.bool_] | None = None,
) -> tuple[OutcomeModel, OutcomeModel]:
    """Return the outcome models under treatment and under control.

    ``gaussian`` is least squares; ``binomial`` is maximum likelihood logistic regression of an outcome of 0 and 1, ``firth``
    the same by Firth's penalised likelihood.
    ``per arm`` fits a model in each arm; ``joint`` fits one model with the arm as a further column. ``x`` is ``(n, p)``
    without intercept; aliased columns are determined among the subjects of each fit. Where ``observed``, ``(n,)``, is
    given, models are fitted among the observed and predict for everybody; other outcomes are not read.
    """
    everybody = np.ones(len(outcome), dtype=bool) if observed is None else observed
    if family != "gaussian":
        require_binary(outcome[everybody])
    if form == "per arm":
        (under_treatment,) = _fit(x, treated & everybody, outcome, family, (x,))
        (under_control,) = _fit(x, ~treated & everybody, outcome, family, (x,))
        return under_treatment, under_control
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
    """Return one model, fitted on ``subset`` of ``x``, with predictions for the rows of each table."""
    if family == "gaussian":
        fit = fit_linear(x[subset], outcome[subset])
        influence = spread_influence(fit.influence, subset)
        return tuple(
            OutcomeModel(basis @ fit.theta, basis, influence, fit.aliased, False, True)
            for basis in map(fit.design.basis, tables)
        )
    fitted = fit_firth if family == "firth" else fit_logistic
    logistic = fitted(x[subset], outcome[subset] == 1)
    influence = spread_influence(logistic.influence, subset)
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


def spread_influence(influence: Vector, subset: NDArray[np.bool_]) -> Vector:
    """Return the influence values of a subset as influence values of the whole sample."""
    whole = np.zeros((len(subset), influence.shape[1]))
    whole[subset] = influence * (len(subset) / len(influence))
    return whole
