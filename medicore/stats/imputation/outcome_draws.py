"""Draws of missing outcomes within each arm, or from the regression of the reference arm."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.given import checked
from medicore.stats.imputation.imputation_draws import draw_levels, draw_normal
from medicore.stats.models.outcome_model import Family

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
Rule = Literal["at random", "reference"]


@dataclass(frozen=True, slots=True)
class OutcomeGaps:
    """How missing outcomes are drawn in a run of chained equations.

    ``design`` returns the predictors, ``(n, p)`` without intercept and arm, for the completed covariates, ``(n,)`` each.
    It must hold every term of the outcome model that analyses the completed data: an analysis that is richer than the
    imputation is biased towards the poorer model (Meng, 1994). ``rule`` is explained in ``draw_outcomes``.
    """

    design: Callable[[tuple[Vector, ...]], Vector]
    family: Family = "gaussian"
    rule: Rule = "at random"


@checked
def draw_outcomes(
    x: Vector,
    treated: Mask,
    outcome: Vector,
    observed: Mask,
    chance: np.random.Generator,
    *,
    family: Family = "gaussian",
    rule: Rule = "at random",
) -> Vector:
    """Return the outcomes, ``(n,)``, with a proper draw wherever ``observed``, ``(n,)`` bool, is false.

    Under the rule "at random" each arm has its own regression on ``x``, ``(n, p)``, fitted among its observed (White,
    Royston & Wood, 2011, section 6.5). A continuous outcome is drawn from Bayesian linear regression, an outcome of 0
    and 1 from logistic regression; the coefficients are drawn first (Rubin, 1987, pp. 167 and 169).

    Under the rule "reference" the control arm's regression, with one draw of its coefficients, completes both arms: a
    treated subject without an outcome is taken to fare as a control with the same covariates. For one visit after
    baseline, with baseline among the covariates, this is jump to reference and copy reference in one (Carpenter, Roger
    & Kenward, 2013, section 3): they differ only where earlier visits after baseline were observed.

    Raises EstimationError when the observed of an arm that donates are no more than its regression has parameters, or
    have one value where the outcome is 0 or 1.
    """
    missing = ~observed
    groups = (
        [(~treated, missing)]
        if rule == "reference"
        else [(arm, arm & missing) for arm in (treated, ~treated)]
    )
    rows = np.vstack([np.ones(len(outcome)), _standardised(x).T])
    completed = np.where(observed, outcome, np.nan)
    for arm, wanted in groups:
        if not wanted.any():
            continue
        donors = arm & observed
        _require_donors(outcome[donors], len(rows), family)
        completed[wanted] = _drawn(rows[:, donors], outcome[donors], rows[:, wanted], chance, family)
    return completed


def _drawn(
    observed: Vector, values: Vector, wanted: Vector, chance: np.random.Generator, family: Family
) -> Vector:
    if family == "binomial":
        return draw_levels(observed, values.astype(np.intp), wanted, chance).astype(np.float64)
    mean, scale = float(values.mean()), float(values.std())
    drawn: Vector = mean + scale * draw_normal(observed, (values - mean) / (scale or 1.0), wanted, chance)
    return drawn


def _standardised(x: Vector) -> Vector:
    scale = x.std(axis=0)
    centred: Vector = (x - x.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    return centred


def _require_donors(values: Vector, parameters: int, family: Family) -> None:
    if len(values) <= parameters:
        raise EstimationError(
            f"an arm has {len(values)} observed outcomes for {parameters} parameters of the model that imputes the missing "
            "ones; expected more outcomes; use fewer covariates"
        )
    if family == "binomial" and len(np.unique(values)) < 2:
        raise EstimationError(
            "every observed outcome of an arm is the same, so that the missing ones have no model; expected 0 and 1; "
            "declare another method under outcome.missing"
        )
