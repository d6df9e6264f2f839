"""Double programming of ANCOVA and g-computation: the same effect, computed a second time by other means.

Models are scikit-learn's on columns rotated and whitened by their SVD, fitted to all potential rows at once; leverages are
products with the pseudo-inverse; the strata are gone through one by one. Nothing is shared with the first route.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from medicore.stats.verification import Verification
from medicore.stats.verification_columns import hat_diagonal, lengthened, whitened
from medicore.stats.verification_models import linear_predictor, projection, sigmoid

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

_LIBRARY = "scikit-learn"
_ROUTE = "SVD-whitened columns of all potential rows, newton-cholesky and LinearRegression, strata one by one"


def verify_adjusted(
    x: Vector,
    treated: Flags,
    outcome: Vector,
    *,
    scheme: Literal["simple", "stratified", "biased coin", "minimisation"],
    strata: NDArray[np.intp],
    estimator: Literal["ancova", "g-computation"],
    family: Literal["gaussian", "binomial"] = "gaussian",
    form: Literal["joint", "per arm"] = "joint",
    measure: Literal["difference", "risk ratio", "odds ratio"] = "difference",
) -> Verification:
    """Return the effect of a randomised study with the standard error for small samples, computed independently.

    ``x`` is ``(n, p)`` without intercept, ``strata`` ``(n,)``. A ratio is compared as its logarithm, NaN when a risk is not
    strictly between 0 and 1. NaN, which confirms nothing, where a logistic regression is not proved to have converged.
    """
    fits = list(_fits(x, treated, outcome, family, form))
    predicted = np.column_stack([fits[0][1], fits[-1][2]])
    if not np.isfinite(predicted).all():
        return Verification(float("nan"), float("nan"), _LIBRARY, _ROUTE)
    own = np.where(treated, predicted[:, 0], predicted[:, 1])
    residual = outcome - own
    longer = residual.copy()
    for among, *_, columns in fits:
        spread = own[among] * (1 - own[among]) if family == "binomial" else np.ones(int(among.sum()))
        leverage = hat_diagonal(columns[: len(x)][among], spread)
        longer[among] += lengthened(residual[among], leverage)
    ratio = np.divide(longer, residual, out=np.zeros(len(x)), where=residual != 0)
    weight = np.where(treated, 1 / treated.mean(), 1 / (1 - treated.mean()))
    if scheme == "minimisation":
        predicted, weight, ratio = _within_strata(predicted, treated, outcome, strata, ratio)
        residual = outcome - np.where(treated, predicted[:, 0], predicted[:, 1])
    one, zero = (float(mean) for mean in np.sum(predicted, axis=0) / len(x))
    influence = predicted - [one, zero]
    for place, inside in enumerate((treated, ~treated)):
        if estimator == "ancova":
            among, *_, columns = fits[min(place, len(fits) - 1)]
            influence[:, place] += ratio * _through_coefficients(
                columns, place, among, outcome, weight * inside * (scheme == "minimisation")
            )
        if estimator == "g-computation" or scheme == "minimisation":
            influence[:, place] += np.where(inside, weight * residual * ratio, 0.0)
    spread = _spread(influence, divisor=len(x) - 1 if estimator == "g-computation" else None)
    if scheme in ("stratified", "biased coin"):
        spread = _not_negative(spread - _gain(residual, treated, strata) / len(x))
    value, slopes = _contrast(one, zero, measure)
    return Verification(value, float(np.sqrt(slopes @ spread @ slopes)), _LIBRARY, _ROUTE)


Fit = tuple[Flags, Vector, Vector, Vector]
"""Who a model is fitted among, ``(n,)``, its predictions under either arm, ``(n,)``, and its columns, ``(3n, q)``."""


def _fits(x: Vector, treated: Flags, outcome: Vector, family: str, form: str) -> Iterator[Fit]:
    """Yield the model of both arms, or those of each; rows are everybody as they are, treated, and untreated."""
    n = len(x)
    rows = np.vstack([x, x, x])
    if form == "joint":
        arm = np.concatenate([treated.astype(np.float64), np.ones(n), np.zeros(n)])
        rows = np.column_stack([arm, rows])
    known = np.tile(outcome, 3)
    for among in [np.ones(n, dtype=bool)] if form == "joint" else [treated, ~treated]:
        fitted = np.concatenate([among, np.zeros(2 * n, dtype=bool)])
        if family == "binomial":
            predicted = sigmoid(linear_predictor(rows, known == 1, fitted))
        else:
            predicted = projection(rows, known, fitted)
        yield among, predicted[n : 2 * n], predicted[2 * n :], whitened(rows, fitted)


def _within_strata(
    predicted: Vector, treated: Flags, outcome: Vector, strata: NDArray[np.intp], ratio: Vector
) -> tuple[Vector, Vector, Vector]:
    """Return predictions calibrated in each stratum, the inverse share of their own arm there, and longer ratios."""
    moved, weight, longer = predicted.copy(), np.ones(len(outcome)), ratio.copy()
    for stratum in np.unique(strata):
        inside = strata == stratum
        for place, arm in enumerate((treated, ~treated)):
            cell = inside & arm
            size = np.count_nonzero(cell)
            moved[inside, place] += np.sum(outcome[cell] - predicted[cell, place]) / size
            weight[cell] = np.count_nonzero(inside) / size
            longer[cell] = ratio[cell] * np.sqrt(size / (size - 1)) if size > 1 else 0.0
    return moved, weight, longer


def _through_coefficients(
    columns: Vector, place: int, among: Flags, outcome: Vector, weight: Vector
) -> Vector:
    """Return each subject's influence on an arm's mean through the coefficients of least squares, ``(n,)``.

    The columns have mean square 1 among the fitted, so that the coefficients are the columns' mean products with y.
    """
    n = len(outcome)
    own, under = columns[:n], columns[(place + 1) * n : (place + 2) * n]
    size = np.count_nonzero(among)
    coefficients = own[among].T @ outcome[among] / size
    slope = np.sum(under * (1 - weight)[:, None], axis=0) / n
    through = own @ slope * (outcome - own @ coefficients) * n / size
    found: Vector = np.where(among, through, 0.0)
    return found


def _spread(influence: Vector, divisor: int | None) -> Vector:
    """Return the covariance of the means: about the mean with this divisor, or about 0 where there is none."""
    n = len(influence)
    if divisor is not None:
        influence = influence - np.sum(influence, axis=0) / n
    found: Vector = np.einsum("ia,ib->ab", influence, influence) / (n * (divisor or n))
    return found


def _gain(residual: Vector, treated: Flags, strata: NDArray[np.intp]) -> Vector:
    """Return what balance in the strata takes off n times the covariance of the means, without what chance adds."""
    share = np.array([treated.mean(), 1 - treated.mean()])
    total = np.zeros((2, 2))
    for stratum in np.unique(strata):
        inside = strata == stratum
        parts = [residual[inside & arm] for arm in (treated, ~treated)]
        means = [float(np.sum(part)) / len(part) if len(part) else 0.0 for part in parts]
        for one in (0, 1):
            for other in (0, 1):
                product = means[one] * means[other]
                if one == other:
                    product -= _noise(parts[one], means[one])
                between = share[one] * (1 - share[one]) if one == other else -share[0] * share[1]
                weight = np.count_nonzero(inside) / len(residual)
                total[one, other] += weight * product / (share[one] * share[other]) * between
    return _not_negative(total)


def _noise(part: Vector, mean: float) -> float:
    """Return the variance of the mean of these residuals; of one alone its square, of none 0."""
    if len(part) < 2:
        return float(np.sum(part**2))
    return float(np.sum((part - mean) ** 2)) / (len(part) - 1) / len(part)


def _not_negative(matrix: Vector) -> Vector:
    """Return the matrix with eigenvalues below 0 set to 0."""
    values, vectors = eigh(matrix)
    found: Vector = sum(
        (max(value, 0.0) * np.outer(vector, vector) for value, vector in zip(values, vectors.T, strict=True)),
        np.zeros_like(matrix),
    )
    return found


def _contrast(one: float, zero: float, measure: str) -> tuple[float, Vector]:
    """Return the effect on its scale of inference, and its derivatives with respect to both means."""
    if measure == "difference":
        return one - zero, np.array([1.0, -1.0])
    if not (0 < one < 1 and 0 < zero < 1):
        return float("nan"), np.array([np.nan, np.nan])
    if measure == "risk ratio":
        return float(np.log(one / zero)), np.array([1 / one, -1 / zero])
    value = float(np.log(one * (1 - zero) / (zero * (1 - one))))
    return value, np.array([1 / (one - one**2), -1 / (zero - zero**2)])
