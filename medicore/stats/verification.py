"""Double programming: the primary estimate computed a second time, by other means.

Nothing here is shared with the primary route, neither code nor algebra. The library is scipy: scikit-learn's
Newton method would be the primary's own algorithm, and importing it takes seconds in every run.

=====================  ======================================  =========================================
part                   primary                                 here
=====================  ======================================  =========================================
columns                standardised                            rotated and whitened by their SVD
logistic regression    Newton with step-halving                trust region on the likelihood, then the
                                                               score's root by Powell's hybrid method
least squares          QR decomposition                        projection on the left singular vectors
estimate               mean of m1 − m0 and weighted residuals  root of the estimating equation in the
                                                               clever covariates
=====================  ======================================  =========================================
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lstsq, qr, svd
from scipy.optimize import minimize, root

Vector = NDArray[np.float64]

TOLERANCE = 1e-6
"""Largest difference, in standard errors, at which the two implementations confirm each other."""
ALIASED = 1e-8
"""Share of a column's length outside the span of those before it, below which it is left out."""
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


def verify_aipw(
    x_propensity: Vector,
    x_outcome: Vector,
    treated: NDArray[np.bool_],
    outcome: Vector,
    *,
    family: Literal["gaussian", "binomial"] = "gaussian",
    ddof: int = 1,
) -> Verification:
    """Return the AIPW average treatment effect, computed independently of ``medicore.stats.augmented``.

    Designs are ``(n, p)`` without intercept. The estimate solves Σ[h1 y + m1 (1 − h1) − h0 y − m0 (1 − h0) − τ] = 0
    with the clever covariates h1 = a/e and h0 = (1 − a)/(1 − e) (Bang & Robins, 2005, section 2); its variance
    is that of the terms, divisor n − ``ddof``, over n. Outcome models are fitted per arm, by least squares or,
    for a binomial outcome of 0 and 1, by logistic regression.
    """
    everybody = np.ones(len(treated), dtype=bool)
    logit = _logit(x_propensity, treated, everybody)
    clever_1, clever_0 = np.zeros(len(logit)), np.zeros(len(logit))
    clever_1[treated] = 1 + np.exp(np.minimum(-logit[treated], LARGEST_EXPONENT))
    clever_0[~treated] = 1 + np.exp(np.minimum(logit[~treated], LARGEST_EXPONENT))
    if family == "binomial":
        model_1, model_0 = (_sigmoid(_logit(x_outcome, outcome == 1, arm)) for arm in (treated, ~treated))
    else:
        model_1, model_0 = (_projection(x_outcome, outcome, arm) for arm in (treated, ~treated))
    terms = clever_1 * outcome + (1 - clever_1) * model_1 - clever_0 * outcome - (1 - clever_0) * model_0
    value = float(np.sum(terms) / len(terms))
    spread = float(np.sum((terms - value) ** 2) / (len(terms) - ddof))
    return Verification(
        value,
        float(np.sqrt(spread / len(terms))),
        "scipy",
        "SVD-whitened columns, trust region and Powell's hybrid root, clever covariates",
    )


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
    columns = _whitened(x, rows)
    predicted: Vector = columns @ (columns[rows].T @ outcome[rows]) / rows.sum()
    return predicted


def _logit(x: Vector, label: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Vector:
    """Return linear predictors for everybody of a logistic regression of ``label`` within ``rows``."""
    columns = _whitened(x, rows)
    inside, sign = columns[rows], np.where(label[rows], 1.0, -1.0)

    def loss(theta: Vector) -> float:
        return float(np.logaddexp(0.0, -sign * (inside @ theta)).mean())

    def slope(theta: Vector) -> Vector:
        against = -sign * _sigmoid(-sign * (inside @ theta))
        gradient: Vector = inside.T @ against / len(sign)
        return gradient

    def curvature(theta: Vector) -> Vector:
        margin = inside @ theta
        spread = _sigmoid(margin) * _sigmoid(-margin)
        weighted: Vector = (inside.T * spread) @ inside / len(sign)
        return weighted

    start = np.zeros(columns.shape[1])
    near = minimize(loss, start, jac=slope, hess=curvature, method="trust-exact", options={"gtol": 1e-6})
    found = root(slope, near.x, jac=curvature, method="hybr", options={"xtol": 1e-14})
    predictor: Vector = columns @ found.x
    return predictor


def _sigmoid(value: Vector) -> Vector:
    """Return 1/(1 + exp(−value)), by the hyperbolic tangent."""
    return 0.5 + 0.5 * np.tanh(value / 2)
