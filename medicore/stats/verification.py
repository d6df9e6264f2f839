"""Double programming: the primary estimate computed a second time, by other means.

Nothing here is shared with the primary route, neither code nor algebra.

=====================  ======================================  =========================================
part                   primary                                 here
=====================  ======================================  =========================================
columns                standardised                            rotated and whitened by their SVD
logistic regression    Newton with step-halving                scikit-learn's LogisticRegression without
                                                               penalty, solver newton-cholesky
least squares          QR decomposition                        scikit-learn's LinearRegression
estimate               mean of m1 − m0 and weighted residuals  root of the estimating equation in the
                                                               clever covariates
leverage               rows of Q of a QR decomposition         products with the pseudo-inverse
an outcome's weight    own weight, and through the model by    least weights that make up for what the
                       its pseudo-inverse                      own weights leave unbalanced
=====================  ======================================  =========================================
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.stats.verification_clusters import clustered_spread
from medicore.stats.verification_firth import penalised_predictor
from medicore.stats.verification_means import ArmMean
from medicore.stats.verification_models import linear_predictor, projection, sigmoid

Vector = NDArray[np.float64]

TOLERANCE = 1e-6
"""Largest difference, in standard errors, at which the two implementations confirm each other."""
LARGEST_EXPONENT = 700.0
"""Beyond it the exponential is infinite; a subject there makes the estimate absurd, and that is to be seen."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The second implementation's estimate and influence-function standard error, and how they came."""

    value: float
    standard_error: float
    library: str
    route: str

    def relative_difference(self, value: float, standard_error: float) -> float:
        """Return the larger difference from the primary, relative to the primary's standard error.

        Infinite when there is no number to compare, so that it is beyond every tolerance.
        """
        gap = float(np.max(np.abs([self.value - value, self.standard_error - standard_error])))
        relative = gap / standard_error if standard_error > 0 else gap
        return relative if np.isfinite(relative) else float("inf")


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether two implementations confirm each other, and the difference that says so."""

    relative_difference: float
    relative_tolerance: float

    @property
    def confirmed(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.relative_difference <= self.relative_tolerance


def agreement(
    value: float, standard_error: float, second: Verification, relative_tolerance: float = TOLERANCE
) -> Agreement:
    """Return whether ``second`` confirms the primary's estimate and standard error.

    Differences of both are taken relative to the primary's standard error: an effect may be 0, and what matters
    is a difference that could be seen in the interval.
    """
    return Agreement(second.relative_difference(value, standard_error), relative_tolerance)


def verify_effect(
    x_propensity: Vector,
    x_outcome: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    *,
    family: Literal["gaussian", "binomial", "firth"] = "gaussian",
    target: Literal["ATE", "ATT", "ATO"] = "ATE",
    measure: Literal["difference", "risk ratio", "odds ratio"] = "difference",
    ddof: int | None = None,
    observed: NDArray[np.bool_] | None = None,
    x_observation: Vector | None = None,
    corrected: bool = False,
    clusters: NDArray[np.intp] | None = None,
) -> Verification:
    """Return the primary effect of a target population, computed independently of the primary's own code.

    Designs are ``(n, p)`` without intercept. Each arm's mean is the root of an estimating equation in its clever
    covariate h (Bang & Robins, 2005, section 2): for the ATE Σ[h y + (1 − h) m − μ] = 0 with h = a/e and
    (1 − a)/(1 − e); for the ATT the same sum over h y + (a − h) m − aμ with h = a and the control's odds; for the
    ATO predictions are averaged with e(1 − e) and residuals with 1 − e and e. Their variance is that of the
    terms, divisor n − ``ddof`` (1, and 0 for the ATT), over n. Outcome models are fitted per arm, by least
    squares or, for an outcome of 0 and 1, by logistic regression, plain or penalised (``firth``). ``corrected`` divides each residual by
    √(1 − leverage), as the variance for small samples does; where outcomes are missing, it also counts as much as it does
    in the estimate. Ratios are compared as logarithms; NaN
    when a risk is not strictly between 0 and 1. Value and error are NaN, which confirms nothing, when a logistic
    regression is not proved to have converged.

    Where ``observed``, ``(n,)``, is given, the clever covariates of the observed are divided by their probability of
    being observed and those of the others are 0 (Seaman & White, 2013); that is a logistic regression on the arm and
    ``x_observation`` (default: ``x_propensity``), within one arm where the other arm misses no outcome. Outcome models
    are then fitted among the observed; an outcome that is not observed is not read. With ``clusters``, ``(n,)``, the
    variance is that of ``clustered_spread``.
    """
    everybody = np.ones(len(treated), dtype=bool)
    logit = linear_predictor(x_propensity, treated, everybody)
    known, seen = outcome, everybody
    if observed is not None:
        known, seen = np.where(observed, outcome, 0.0), observed
    factor = _seen_by_chance(x_propensity if x_observation is None else x_observation, treated, seen)
    arms = treated & seen, ~treated & seen
    if family != "gaussian":
        predictor = penalised_predictor if family == "firth" else linear_predictor
        models = [sigmoid(predictor(x_outcome, known == 1, arm)) for arm in arms]
    else:
        models = [projection(x_outcome, known, arm) for arm in arms]
    terms = {"ATE": _everybody, "ATT": _the_treated, "ATO": _the_overlap}[target]
    first, second = terms(logit, treated, known, models, factor)
    (one, by_one), (zero, by_zero) = (first.value, first.influence), (second.value, second.influence)
    if corrected:
        # The treated of an ATT with every outcome have no model but their mean.
        of_mean = target == "ATT" and bool(arms[0].sum() == treated.sum())
        columns, fitted = (x_outcome[:, :0], np.full(len(known), one)) if of_mean else (x_outcome, models[0])
        missing = not bool(seen.all())
        by_one = first.corrected(columns, fitted, arms[0], known, family, missing)
        by_zero = second.corrected(x_outcome, models[1], arms[1], known, family, missing)
    if measure == "difference":
        value, influence = one - zero, by_one - by_zero
    elif not (0 < one < 1 and 0 < zero < 1):
        value, influence = float("nan"), by_one
    elif measure == "risk ratio":
        value, influence = np.log(one / zero), by_one / one - by_zero / zero
    else:
        value = np.log(one * (1 - zero) / (zero * (1 - one)))
        influence = by_one / (one - one**2) - by_zero / (zero - zero**2)
    lost = ddof if ddof is not None else 0 if target == "ATT" else 1
    if clusters is None:
        spread = float(np.sum((influence - np.sum(influence) / len(logit)) ** 2) / (len(logit) - lost))
    else:
        spread = clustered_spread(influence, clusters, lost)
    return Verification(
        float(value),
        float(np.sqrt(spread / len(logit))),
        "scikit-learn",
        "SVD-whitened columns, newton-cholesky and LinearRegression, clever covariates",
    )


def verify_pooled(found: Sequence[Verification]) -> Verification:
    """Return the verifications of several completed data sets as one, computed independently of ``pooled``.

    The variance between is half the mean squared difference of two different sets, and the total
    Σ SE²/m + (m + 1)/m of it (Rubin, 1987, equation 3.1.5). The library is the first's. One alone is returned as
    it is.
    """
    m = len(found)
    if m == 1:
        (only,) = found
        return only
    values = np.array([one.value for one in found])
    between = float(np.sum((values[:, None] - values) ** 2)) / (2 * m * (m - 1))
    within = float(np.sum(np.square([one.standard_error for one in found]))) / m
    route = f"{found[0].route}; pairwise differences between completed data sets"
    return Verification(
        float(np.sum(values)) / m, float(np.sqrt(within + (m + 1) / m * between)), found[0].library, route
    )


def _seen_by_chance(x: Vector, treated: NDArray[np.bool_], seen: NDArray[np.bool_]) -> Vector:
    """Return 1 over the probability of being observed, ``(n,)``, 0 for subjects who are not ``seen``."""
    partial = [arm for arm in (treated, ~treated) if not seen[arm].all()]
    factor = seen.astype(np.float64)
    if partial:
        within = partial[0] if len(partial) == 1 else np.ones(len(seen), dtype=bool)
        columns = x if len(partial) == 1 else np.column_stack([treated, x])
        against = np.exp(np.minimum(-linear_predictor(columns, seen, within), LARGEST_EXPONENT))
        factor[within & seen] += against[within & seen]
    return factor


def _everybody(
    logit: Vector, treated: NDArray[np.bool_], outcome: Vector, models: list[Vector], factor: Vector
) -> tuple[ArmMean, ArmMean]:
    """Return the arms' means over everybody."""
    clever = (
        np.where(treated, 1 + np.exp(np.minimum(-logit, LARGEST_EXPONENT)), 0.0),
        np.where(treated, 0.0, 1 + np.exp(np.minimum(logit, LARGEST_EXPONENT))),
    )
    weights = [h * factor for h in clever]
    one, zero = (h * outcome + (1 - h) * model for h, model in zip(weights, models, strict=True))
    means = float(np.sum(one) / len(one)), float(np.sum(zero) / len(zero))
    all_alike = np.ones(len(logit))
    found = [
        ArmMean(mean, terms - mean, h, h, all_alike)
        for mean, terms, h in zip(means, (one, zero), weights, strict=True)
    ]
    return found[0], found[1]


def _the_treated(
    logit: Vector, treated: NDArray[np.bool_], outcome: Vector, models: list[Vector], factor: Vector
) -> tuple[ArmMean, ArmMean]:
    """Return the arms' means over the treated; the clever covariates are the arm itself, and the odds under control.

    Where no outcome of a treated subject is missing, nothing is taken from the model under treatment.
    """
    inside = treated.astype(np.float64)
    size = np.sum(inside)
    odds = np.where(treated, 0.0, np.exp(np.minimum(logit, LARGEST_EXPONENT))) * factor
    seen = inside * factor
    one, zero = seen * outcome, odds * outcome + (inside - odds) * models[1]
    if not np.array_equal(seen, inside):
        one += (inside - seen) * models[0]
    means = float(np.sum(one) / size), float(np.sum(zero) / size)
    scale = len(logit) / size
    found = [
        ArmMean(mean, scale * (terms - inside * mean), scale * h, scale * h, scale * inside)
        for mean, terms, h in zip(means, (one, zero), (seen, odds), strict=True)
    ]
    return found[0], found[1]


def _the_overlap(
    logit: Vector, treated: NDArray[np.bool_], outcome: Vector, models: list[Vector], factor: Vector
) -> tuple[ArmMean, ArmMean]:
    """Return the arms' means over the overlap population.

    e(1 − e) is ¼(1 − tanh²) of half the logit, and what a subject counts in the variance is the square of the
    probability of the arm it was not in.
    """
    against = (sigmoid(-logit), sigmoid(logit))
    overlap = (1 - np.tanh(logit / 2) ** 2) / 4
    counted = np.where(treated, against[0], against[1]) ** 2
    found = []
    for arm, weight, model in zip((treated, ~treated), against, models, strict=True):
        h = np.where(arm, weight, 0.0) * factor
        residual = outcome - model
        mean = float(np.sum(overlap * model) / np.sum(overlap) + np.sum(h * residual) / np.sum(h))
        scale = len(logit) / np.sum(overlap)
        influence = (h * residual + counted * (model - mean)) * scale
        found.append(ArmMean(mean, influence, h * scale, h * len(h) / np.sum(h), overlap * scale))
    return found[0], found[1]
