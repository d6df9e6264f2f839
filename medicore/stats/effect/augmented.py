"""Augmented inverse probability weighting (AIPW), the primary, doubly robust estimator."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.stats.effect.contrasts import ArmMeans, difference, means_of_influence
from medicore.stats.effect.estimate import Estimate
from medicore.stats.given import checked
from medicore.stats.models.outcome_model import Family, Form, OutcomeModel, fit_outcome_models
from medicore.stats.models.sandwich import propagate
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AugmentedResult:
    """The AIPW estimate with its two analytic standard errors, and the mean of each arm.

    ``influence`` is ``(n,)``: each subject's uncentred contribution; the mean of these is the estimate. ``means`` and
    ``stacked`` are the arms' means with the two variances; they serve for ratios. ``models`` are the outcome models
    under treatment and under control.
    """

    influence_function: Estimate
    sandwich: Estimate
    mean_treated: float
    mean_control: float
    influence: Vector
    means: ArmMeans
    stacked: ArmMeans
    models: tuple[OutcomeModel, OutcomeModel]


@checked
def augmented_inverse_probability(
    x: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    propensity: Scores,
    *,
    family: Family = "gaussian",
    form: Form = "per arm",
    target: Literal["ATE", "ATT"] = "ATE",
) -> AugmentedResult:
    """Return the average treatment effect, in everybody or in the treated, by AIPW.

    ATE: τ = mean[m1(x) − m0(x) + a(y − m1)/e − (1 − a)(y − m0)/(1 − e)], the residuals weighted by 1/e and
    1/(1 − e) without normalisation (Robins, Rotnitzky & Zhao, 1994; Lunceford & Davidian, 2004, equation 9).
    ATT: τ = Σ[a(y − m0) − (1 − a)(y − m0)e/(1 − e)]/Σa (Moodie, Saarela & Stephens, 2018, equation 2).

    Standard errors: influence function (ddof 1; ATT ddof 0), and the stacked sandwich over propensity and
    outcome models (Stefanski & Boos, 2002), ddof 0. ``x`` is ``(n, p)`` without intercept.
    """
    models = fit_outcome_models(x, treated, outcome, family, form)
    arms = _everybody(treated, outcome, propensity, models)
    ddof = 1
    if target == "ATT":
        arms, ddof = _in_the_treated(treated, outcome, propensity, models), 0
    name = "AIPW" if form == "per arm" else "AIPW, joint outcome model"
    one, zero = arms
    both = (one.mean, zero.mean)
    means = means_of_influence(
        target, name, both, (one.direct, zero.direct), f"influence function, ddof {ddof}", ddof
    )
    stacked = means_of_influence(target, name, both, (one.full, zero.full), "stacked sandwich, ddof 0")
    return AugmentedResult(
        influence_function=difference(means),
        sandwich=difference(stacked),
        mean_treated=one.mean,
        mean_control=zero.mean,
        influence=one.contributions - zero.contributions,
        means=means,
        stacked=stacked,
        models=models,
    )


@dataclass(frozen=True, slots=True)
class _Arm:
    """The mean of one arm: each subject's contribution, and its influence without and with the nuisance models."""

    mean: float
    contributions: Vector
    direct: Vector
    full: Vector


def _everybody(
    treated: NDArray[np.bool_],
    outcome: Vector,
    propensity: Scores,
    models: tuple[OutcomeModel, OutcomeModel],
) -> tuple[_Arm, _Arm]:
    """Return the arms' means over the whole population."""
    n, arms = len(outcome), []
    for sign, arm, model in zip((1.0, -1.0), (treated, ~treated), models, strict=True):
        chance = propensity.fitted if sign == 1 else 1 - propensity.fitted
        weight = np.where(arm, 1 / chance, 0.0)
        residual = outcome - model.predicted
        contributions = model.predicted + weight * residual
        mean = float(contributions.mean())
        direct = contributions - mean
        through_model = propagate(model.influence, model.gradient, (1 - weight) / n)
        score_slope: Vector = np.where(arm, -sign * residual / chance**2 / n, 0.0)
        through_scores = propagate(propensity.influence, propensity.gradient, score_slope)
        arms.append(_Arm(mean, contributions, direct, direct + through_model + through_scores))
    return arms[0], arms[1]


def _in_the_treated(
    treated: NDArray[np.bool_],
    outcome: Vector,
    propensity: Scores,
    models: tuple[OutcomeModel, OutcomeModel],
) -> tuple[_Arm, _Arm]:
    """Return the means of the treated under treatment, as observed, and under control, by AIPW."""
    model, score, n1 = models[1], propensity.fitted, int(treated.sum())
    inside = treated.astype(np.float64)
    share = len(outcome) / n1 * inside
    observed = share * outcome
    mean_1 = float(observed.mean())
    direct_1 = observed - share * mean_1
    odds = np.where(treated, 0.0, score / (1 - score))
    residual = outcome - model.predicted
    contributions = share * model.predicted + len(outcome) / n1 * odds * residual
    mean_0 = float(contributions.mean())
    direct_0 = contributions - share * mean_0
    through_model = propagate(model.influence, model.gradient, (inside - odds) / n1)
    score_slope = np.where(treated, 0.0, residual / (1 - score) ** 2) / n1
    through_scores = propagate(propensity.influence, propensity.gradient, score_slope)
    return (
        _Arm(mean_1, observed, direct_1, direct_1),
        _Arm(mean_0, contributions, direct_0, direct_0 + through_model + through_scores),
    )
