"""Augmented weighting for treatment and observation: the doubly robust estimator with missing outcomes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import Target, balancing_weights, normalised, tilting, weight_derivatives
from medicore.stats.effect.augmented import AugmentedResult
from medicore.stats.effect.contrasts import difference, means_of_influence
from medicore.stats.given import checked
from medicore.stats.missing.observation import Observation
from medicore.stats.models.outcome_model import Family, Form, OutcomeModel, fit_outcome_models
from medicore.stats.models.sandwich import propagate
from medicore.stats.models.scores import Scores

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]


@checked
def augmented_observed(
    x: Vector,
    treated: Flags,
    outcome: Vector,
    observed: Flags,
    propensity: Scores,
    observation: Observation,
    *,
    family: Family = "gaussian",
    form: Form = "per arm",
    target: Target = "ATE",
) -> AugmentedResult:
    """Return the effect in the target population from propensity, observation and outcome models together.

    ATE: ψ = mean[m1 − m0 + A R(Y − m1)/(e π1) − (1 − A) R(Y − m0)/((1 − e) π0)] (Robins, Rotnitzky & Zhao, 1994;
    Seaman & White, 2013), where R says whether the outcome is observed, π is its probability in the arm, and
    m are outcome models, fitted among the observed. ATT: Σ{A[m1 + R(Y − m1)/π1] − [A m0 + (1 − A)
    R e/(1 − e) (Y − m0)/π0]}/ΣA. ATO: Σh m/Σh + Σw(Y − m)/Σw per arm, where h = e(1 − e) and w = R(1 − e)/π1 or
    R e/π0 (Zhou, Tong, Li & Thomas, 2020, equation 4, with the weights divided by π). With no outcome missing they are
    those of ``doubly_robust``. ATE and ATT are consistent when the outcome models are right, or both the propensity
    and the observation model; the ATO needs the right propensity model, and one of the other two.

    Standard errors: influence function (ddof 1; ATT ddof 0), and the stacked sandwich over propensity, observation and
    outcome models (Stefanski & Boos, 2002), ddof 0. ``x`` is ``(n, p)`` without intercept; ``outcome`` is ``(n,)`` and
    may be NaN where ``observed``, ``(n,)`` bool, is false: no number is read there.
    """
    sample = _Sample.of(x, treated, outcome, observed, propensity, observation, family, form)
    made = {"ATE": _everybody, "ATT": _in_the_treated, "ATO": _in_the_overlap}[target](sample)
    name = "Augmented overlap weighting" if target == "ATO" else "AIPW"
    name += " for treatment and observation" + (", joint outcome model" if form == "joint" else "")
    ddof = 0 if target == "ATT" else 1
    both = (made[0].mean, made[1].mean)
    direct = (made[0].direct, made[1].direct)
    means = means_of_influence(target, name, both, direct, f"influence function, ddof {ddof}", ddof)
    full = (made[0].full, made[1].full)
    stacked = means_of_influence(target, name, both, full, "stacked sandwich, ddof 0")
    return AugmentedResult(
        influence_function=difference(means),
        sandwich=difference(stacked),
        mean_treated=both[0],
        mean_control=both[1],
        influence=made[0].contributions - made[1].contributions,
        means=means,
        stacked=stacked,
        models=sample.models,
    )


@dataclass(frozen=True, slots=True)
class _Sample:
    """The subjects, with 0 in place of every outcome that is not observed, and the nuisance models."""

    treated: Flags
    outcome: Vector
    observed: Flags
    propensity: Scores
    observation: Observation
    models: tuple[OutcomeModel, OutcomeModel]

    @classmethod
    def of(
        cls,
        x: Vector,
        treated: Flags,
        outcome: Vector,
        observed: Flags,
        propensity: Scores,
        observation: Observation,
        family: Family,
        form: Form,
    ) -> "_Sample":
        known = np.where(observed, outcome, 0.0)
        models = fit_outcome_models(x, treated, known, family, form, observed)
        return cls(treated, known, observed, propensity, observation, models)

    @property
    def arms(self) -> tuple[tuple[Flags, OutcomeModel, Scores], tuple[Flags, OutcomeModel, Scores]]:
        """The observed subjects of each arm, its outcome model and its probability of observation."""
        one, zero = self.observation.arms
        seen = self.treated & self.observed, ~self.treated & self.observed
        return (seen[0], self.models[0], one), (seen[1], self.models[1], zero)

    def influence(
        self, direct: Vector, model: OutcomeModel, chance: Scores, slopes: tuple[Vector, Vector, Vector]
    ) -> Vector:
        """Return the direct influence plus that through outcome, propensity and observation model.

        ``slopes`` are the derivatives of the mean with respect to each subject's prediction, propensity score and
        probability of observation, ``(n,)`` each.
        """
        by_model, by_score, by_chance = slopes
        return (
            direct
            + propagate(model.influence, model.gradient, by_model)
            + propagate(self.propensity.influence, self.propensity.gradient, by_score)
            + propagate(chance.influence, chance.gradient, by_chance)
        )


@dataclass(frozen=True, slots=True)
class _Arm:
    """The mean of one arm: each subject's contribution, and its influence without and with the nuisance models."""

    mean: float
    contributions: Vector
    direct: Vector
    full: Vector


def _everybody(sample: _Sample) -> tuple[_Arm, _Arm]:
    """Return the arms' means over the whole population."""
    n, arms = len(sample.outcome), []
    for sign, (seen, model, chance) in zip((1.0, -1.0), sample.arms, strict=True):
        score = sample.propensity.fitted if sign == 1 else 1 - sample.propensity.fitted
        weight = np.where(seen, 1 / (score * chance.fitted), 0.0)
        residual = sample.outcome - model.predicted
        contributions = model.predicted + weight * residual
        mean = float(contributions.mean())
        slopes = (
            (1 - weight) / n,
            -sign * weight * residual / score / n,
            -weight * residual / chance.fitted / n,
        )
        direct = contributions - mean
        arms.append(_Arm(mean, contributions, direct, sample.influence(direct, model, chance, slopes)))
    return arms[0], arms[1]


def _in_the_treated(sample: _Sample) -> tuple[_Arm, _Arm]:
    """Return the arms' means over the treated."""
    n, score = len(sample.outcome), sample.propensity.fitted
    inside = sample.treated.astype(np.float64)
    n1 = float(inside.sum())
    weights = balancing_weights(sample.treated, score, "ATT")
    derivatives = weight_derivatives(sample.treated, score, "ATT")
    arms = []
    for seen, model, chance in sample.arms:
        weight = np.where(seen, weights / chance.fitted, 0.0)
        residual = sample.outcome - model.predicted
        contributions = n / n1 * (inside * model.predicted + weight * residual)
        mean = float(contributions.mean())
        slopes = (
            (inside - weight) / n1,
            np.where(seen, derivatives / chance.fitted * residual, 0.0) / n1,
            -weight * residual / chance.fitted / n1,
        )
        direct = contributions - n / n1 * inside * mean
        arms.append(_Arm(mean, contributions, direct, sample.influence(direct, model, chance, slopes)))
    return arms[0], arms[1]


def _in_the_overlap(sample: _Sample) -> tuple[_Arm, _Arm]:
    """Return the arms' means over the overlap population; the residual weights sum to 1 in each arm.

    The direct influence is the efficient one, as in ``augmented_overlap``; the stacked one derives the estimator as it
    is computed, as in ``augmented_hajek_means``.
    """
    n, score = len(sample.outcome), sample.propensity.fitted
    tilt, tilt_slope = tilting(score, "ATO")
    counted = tilt + tilt_slope * (sample.treated - score)
    share_of_target = tilt / tilt.sum()
    weights = balancing_weights(sample.treated, score, "ATO")
    derivatives = weight_derivatives(sample.treated, score, "ATO")
    arms = []
    for seen, model, chance in sample.arms:
        weight = np.where(seen, weights / chance.fitted, 0.0)
        share = normalised(weight, seen)
        residual = sample.outcome - model.predicted
        average, correction = float(share_of_target @ model.predicted), float(share @ residual)
        mean, total = average + correction, float(weight.sum())
        off = np.where(seen, residual - correction, 0.0)
        slopes = (
            share_of_target - share,
            tilt_slope * (model.predicted - average) / tilt.sum() + derivatives / chance.fitted * off / total,
            -share * off / chance.fitted,
        )
        direct = (weight * residual + counted * (model.predicted - mean)) / tilt.mean()
        own = n * (share_of_target * (model.predicted - average) + share * off)
        arms.append(_Arm(mean, direct + mean, direct, sample.influence(own, model, chance, slopes)))
    return arms[0], arms[1]
