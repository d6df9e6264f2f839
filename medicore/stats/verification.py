"""Double programming: the primary estimate computed a second time, by other means.

Nothing here is shared with the primary route, neither code nor algebra. The models are scikit-learn's, which is
imported when the first of them is fitted: importing it takes half a second, which other commands need not wait for.

=====================  ======================================  =========================================
part                   primary                                 here
=====================  ======================================  =========================================
columns                standardised                            rotated and whitened by their SVD
logistic regression    Newton with step-halving                scikit-learn's LogisticRegression without
                                                               penalty, solver newton-cholesky
least squares          QR decomposition                        scikit-learn's LinearRegression
estimate               mean of m1 − m0 and weighted residuals  root of the estimating equation in the
                                                               clever covariates
=====================  ======================================  =========================================
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgWarning, lstsq, qr, svd

Vector = NDArray[np.float64]

TOLERANCE = 1e-6
"""Largest difference, in standard errors, at which the two implementations confirm each other."""
ALIASED = 1e-8
"""Share of a column's length outside the span of those before it, below which it is left out."""
LARGEST_EXPONENT = 700.0
"""Beyond it the exponential is infinite; a subject there makes the estimate absurd, and that is to be seen."""
MEAN_SCORE = 1e-13
"""Largest component of the mean score, on whitened columns, at which scikit-learn ends its search."""
PROVED_SCORE = 1e-10
"""Largest component of the mean score, computed here, at which a fit counts as the maximum of its likelihood."""
MAX_ITERATIONS = 200
"""Newton steps that scikit-learn may take; data with a maximum need ten, separated ones about fifty."""


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
    family: Literal["gaussian", "binomial"] = "gaussian",
    target: Literal["ATE", "ATT", "ATO"] = "ATE",
    measure: Literal["difference", "risk ratio", "odds ratio"] = "difference",
    ddof: int | None = None,
) -> Verification:
    """Return the primary effect of a target population, computed independently of ``medicore.stats.effect.doubly_robust``.

    Designs are ``(n, p)`` without intercept. Each arm's mean is the root of an estimating equation in its clever
    covariate h (Bang & Robins, 2005, section 2): for the ATE Σ[h y + (1 − h) m − μ] = 0 with h = a/e and
    (1 − a)/(1 − e); for the ATT the same sum over h y + (a − h) m − aμ with h = a and the control's odds; for the
    ATO predictions are averaged with e(1 − e) and residuals with 1 − e and e. Their variance is that of the
    terms, divisor n − ``ddof`` (1, and 0 for the ATT), over n. Outcome models are fitted per arm, by least
    squares or, for a binomial outcome of 0 and 1, by logistic regression. Ratios are compared as logarithms; NaN
    when a risk is not strictly between 0 and 1. Value and error are NaN, which confirms nothing, when a logistic
    regression is not proved to have converged.
    """
    everybody = np.ones(len(treated), dtype=bool)
    logit = _logit(x_propensity, treated, everybody)
    if family == "binomial":
        models = [_sigmoid(_logit(x_outcome, outcome == 1, arm)) for arm in (treated, ~treated)]
    else:
        models = [_projection(x_outcome, outcome, arm) for arm in (treated, ~treated)]
    terms = {"ATE": _everybody, "ATT": _the_treated, "ATO": _the_overlap}[target]
    (one, by_one), (zero, by_zero) = terms(logit, treated, outcome, models)
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
    spread = float(np.sum((influence - np.sum(influence) / len(logit)) ** 2) / (len(logit) - lost))
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


Mean = tuple[float, Vector]
"""An arm's mean, and each subject's influence on it, ``(n,)``."""


def _everybody(
    logit: Vector, treated: NDArray[np.bool_], outcome: Vector, models: list[Vector]
) -> tuple[Mean, Mean]:
    """Return the arms' means over everybody."""
    clever = (
        np.where(treated, 1 + np.exp(np.minimum(-logit, LARGEST_EXPONENT)), 0.0),
        np.where(treated, 0.0, 1 + np.exp(np.minimum(logit, LARGEST_EXPONENT))),
    )
    one, zero = (h * outcome + (1 - h) * model for h, model in zip(clever, models, strict=True))
    means = float(np.sum(one) / len(one)), float(np.sum(zero) / len(zero))
    return (means[0], one - means[0]), (means[1], zero - means[1])


def _the_treated(
    logit: Vector, treated: NDArray[np.bool_], outcome: Vector, models: list[Vector]
) -> tuple[Mean, Mean]:
    """Return the arms' means over the treated: observed under treatment, clever with the odds under control."""
    inside = treated.astype(np.float64)
    size = np.sum(inside)
    odds = np.where(treated, 0.0, np.exp(np.minimum(logit, LARGEST_EXPONENT)))
    one, zero = inside * outcome, odds * outcome + (inside - odds) * models[1]
    means = float(np.sum(one) / size), float(np.sum(zero) / size)
    scale = len(logit) / size
    return (means[0], scale * (one - inside * means[0])), (means[1], scale * (zero - inside * means[1]))


def _the_overlap(
    logit: Vector, treated: NDArray[np.bool_], outcome: Vector, models: list[Vector]
) -> tuple[Mean, Mean]:
    """Return the arms' means over the overlap population.

    e(1 − e) is ¼(1 − tanh²) of half the logit, and what a subject counts in the variance is the square of the
    probability of the arm it was not in.
    """
    against = (_sigmoid(-logit), _sigmoid(logit))
    overlap = (1 - np.tanh(logit / 2) ** 2) / 4
    counted = np.where(treated, against[0], against[1]) ** 2
    found = []
    for arm, weight, model in zip((treated, ~treated), against, models, strict=True):
        h = np.where(arm, weight, 0.0)
        residual = outcome - model
        mean = float(np.sum(overlap * model) / np.sum(overlap) + np.sum(h * residual) / np.sum(h))
        found.append((mean, (h * residual + counted * (model - mean)) * len(logit) / np.sum(overlap)))
    return found[0], found[1]


def _whitened(x: Vector, rows: NDArray[np.bool_]) -> Vector:
    """Return, for everybody, ``(n, q)`` columns that are orthogonal with mean square 1 within ``rows``.

    They span the intercept and those columns of ``x`` that are not aliased within ``rows``.
    """
    low, high = x[rows].min(axis=0, initial=np.inf), x[rows].max(axis=0, initial=-np.inf)
    wide = high > low
    unit = (x[:, wide] - (low + high)[wide] / 2) / (high - low)[wide]
    columns = np.column_stack([np.ones(len(x)), unit])
    columns = columns[:, _unaliased(columns[rows])]
    _, lengths, rotation = svd(columns[rows], full_matrices=False)
    whitened: Vector = columns @ (rotation.T / lengths) * np.sqrt(rows.sum())
    return whitened


def _unaliased(columns: Vector) -> list[int]:
    """Return the columns that are not linear combinations of those before them."""
    (triangle,) = qr(columns, mode="r")
    centre = np.linalg.norm(triangle[1:], axis=0)
    kept = [0]
    for column in range(1, columns.shape[1]):
        target, before = triangle[:, column], triangle[:, kept]
        outside = np.linalg.norm(target - before @ lstsq(before, target)[0])
        if outside > ALIASED * centre[column]:
            kept.append(column)
    return kept


def _projection(x: Vector, outcome: Vector, rows: NDArray[np.bool_]) -> Vector:
    """Return least-squares predictions for everybody of a model fitted within ``rows``."""
    from sklearn.linear_model import LinearRegression

    columns = _whitened(x, rows)
    model = LinearRegression(fit_intercept=False).fit(columns[rows], outcome[rows])
    predicted: Vector = columns @ model.coef_
    return predicted


def _logit(x: Vector, label: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Vector:
    """Return linear predictors for everybody of a logistic regression of ``label`` within ``rows``.

    They are NaN where one label alone occurs, and where the mean score is not 0 after the search. scikit-learn's
    own warnings prove nothing: it warns of a search that begins at the maximum, as in two arms of equal size
    without a covariate, and its second search may stop early without a word.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    columns, known = _whitened(x, rows), label[rows]
    if known.all() or not known.any():
        return np.full(len(x), np.nan)
    model = LogisticRegression(
        C=np.inf, solver="newton-cholesky", fit_intercept=False, tol=MEAN_SCORE, max_iter=MAX_ITERATIONS
    )
    with warnings.catch_warnings():
        for said in (ConvergenceWarning, LinAlgWarning):
            warnings.simplefilter("ignore", said)
        model.fit(columns[rows], known)
    predictor: Vector = columns @ model.coef_[0]
    score = columns[rows].T @ (known - _sigmoid(predictor[rows])) / len(known)
    return predictor if _vanished(score) else np.full(len(x), np.nan)


def _vanished(score: Vector) -> bool:
    """Return whether every component of a mean score is as good as 0; NaN is not."""
    return bool(np.all(np.abs(score) <= PROVED_SCORE))


def _sigmoid(value: Vector) -> Vector:
    """Return 1/(1 + exp(−value)), by the hyperbolic tangent."""
    return 0.5 + 0.5 * np.tanh(value / 2)
