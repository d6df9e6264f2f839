"""The arms' rates of events per unit of exposure, by AIPW with models of the rate and of the exposure."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.stats.counts.log_linear import fit_log_linear, rates, require_counts
from medicore.stats.effect.contrasts import ArmMeans, means_of_influence
from medicore.stats.given import checked
from medicore.stats.models.outcome_model import Form, OutcomeModel, spread_influence
from medicore.stats.models.sandwich import propagate
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Kind = Literal["augmented", "models", "weights"]

_NAMES = {
    "augmented": "AIPW of rates",
    "models": "rate models alone",
    "weights": "weights for treatment and exposure alone",
}


@dataclass(frozen=True, slots=True)
class RateModels:
    """The models under treatment and under control: ``rate`` of events per unit of exposure, and expected ``exposure``."""

    rate: tuple[OutcomeModel, OutcomeModel]
    exposure: tuple[OutcomeModel, OutcomeModel]


@dataclass(frozen=True, slots=True)
class RateResult:
    """The arms' rates with the two analytic variances, each subject's contributions ``(n, 2)``, and the models."""

    means: ArmMeans
    stacked: ArmMeans
    contributions: Vector
    models: RateModels


@checked
def fit_rate_models(
    x: Vector, treated: Flags, outcome: Vector, time: Vector, form: Form = "per arm"
) -> RateModels:
    """Return the log-linear models of rate and exposure: one ``per arm``, or ``joint`` with the arm as a column.

    ``outcome``, ``(n,)``, is the number of events in the exposure ``time``, ``(n,)``; ``x`` is ``(n, p)`` without intercept.

    Raises EstimationError when an arm has no event, a count is negative, or an exposure is not above 0.
    """
    require_counts(outcome, time)
    whole = np.ones(len(outcome))
    return RateModels(_both(x, treated, outcome, time, form), _both(x, treated, time, whole, form))


def _both(
    x: Vector, treated: Flags, count: Vector, exposure: Vector, form: Form
) -> tuple[OutcomeModel, OutcomeModel]:
    if form == "per arm":
        (one,) = _fitted(x, treated, count, exposure, (x,))
        (zero,) = _fitted(x, ~treated, count, exposure, (x,))
        return one, zero
    as_if = tuple(np.column_stack([np.full(len(count), arm), x]) for arm in (1.0, 0.0))
    everybody = np.ones(len(count), dtype=bool)
    one, zero = _fitted(np.column_stack([treated, x]), everybody, count, exposure, as_if)
    return one, zero


def _fitted(
    x: Vector, subset: Flags, count: Vector, exposure: Vector, tables: tuple[Vector, ...]
) -> tuple[OutcomeModel, ...]:
    """Return one model, fitted on ``subset`` of ``x``, with predictions for the rows of each table."""
    fit = fit_log_linear(x[subset], count[subset], exposure[subset])
    influence = spread_influence(fit.influence, subset)
    made = []
    for table in tables:
        basis = fit.design.basis(table)
        predicted = rates(basis @ fit.theta)
        gradient = basis * predicted[:, None]
        made.append(OutcomeModel(predicted, gradient, influence, fit.aliased, fit.separated, fit.converged))
    return tuple(made)


@checked
def augmented_rates(
    treated: Flags,
    outcome: Vector,
    time: Vector,
    propensity: Scores,
    models: RateModels,
    kind: Kind = "augmented",
) -> RateResult:
    """Return the rates in everybody if all were in an arm: by AIPW, by the models or by the weights alone.

    With the number of events Y in the exposure T, e the chance of its own arm, m(x) the rate of the arm and q(x) its expected
    exposure, an arm's rate is the mean of m + 1{arm}/e · (Y − T m)/q. It is AIPW of Robins, Rotnitzky & Zhao (1994) for the
    moment E(Y − T m | x, arm) = 0 of a rate that does not depend on how long the exposure is, given x and arm; dividing
    by the expected exposure, instead of by the exposure itself, keeps short exposures from ruling the variance. The
    estimate is consistent when the rates are right, or the scores and the expected exposures. ``kind`` "models" is the mean
    of m, "weights" is Σ 1{arm} Y/(e q) / Σ 1{arm} T/(e q). Where everybody has one exposure it is AIPW of Y/T.

    Standard errors: influence function, ddof 1, and the stacked sandwich over scores and all models (Stefanski & Boos, 2002),
    ddof 0; both hold for counts of any variance.
    """
    columns, direct, full = [], [], []
    for place, (sign, inside) in enumerate(((1.0, treated), (-1.0, ~treated))):
        chance = propensity.fitted if place == 0 else 1 - propensity.fitted
        weight = np.where(inside, 1 / chance, 0.0)
        own = _arm(kind, weight, outcome, time, models.rate[place], models.exposure[place])
        mean = float(own.contributions.mean())
        through_scores = propagate(
            propensity.influence, propensity.gradient, sign * own.by_weight * -weight / chance
        )
        columns.append(own.contributions)
        direct.append(own.contributions - mean)
        full.append(direct[-1] + own.through + through_scores)
    contributions = np.column_stack(columns)
    both = contributions.mean(axis=0).tolist()
    name = _NAMES[kind]
    means = means_of_influence("ATE", name, both, direct, "influence function, ddof 1", 1)
    stacked = means_of_influence("ATE", name, both, full, "stacked sandwich, ddof 0")
    return RateResult(means, stacked, contributions, models)


@dataclass(frozen=True, slots=True)
class _Arm:
    """Contributions to an arm's rate, ``(n,)``; its derivative by each weight; the influence through the models."""

    contributions: Vector
    by_weight: Vector
    through: Vector


def _arm(
    kind: Kind,
    weight: Vector,
    outcome: Vector,
    time: Vector,
    rate: OutcomeModel,
    exposure: OutcomeModel,
) -> _Arm:
    n = len(outcome)
    if kind == "models":
        through = propagate(rate.influence, rate.gradient, np.full(n, 1 / n))
        return _Arm(rate.predicted, np.zeros(n), through)
    seen = weight / exposure.predicted
    if kind == "weights":
        total = float((seen * time).sum())
        mean = float((seen * outcome).sum()) / total
        by_weight = (outcome - time * mean) / exposure.predicted / total
        contributions = mean + n * weight * by_weight
        through = np.zeros(n)
    else:
        by_weight = (outcome - time * rate.predicted) / exposure.predicted / n
        contributions = rate.predicted + n * weight * by_weight
        through = propagate(rate.influence, rate.gradient, (1 - seen * time) / n)
    slope: Vector = -weight * by_weight / exposure.predicted
    return _Arm(contributions, by_weight, through + propagate(exposure.influence, exposure.gradient, slope))
