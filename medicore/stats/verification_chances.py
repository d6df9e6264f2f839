"""The chances of drawn outcomes of 0 and 1 a second time: scikit-learn's fit with the added observations, and quadrature.

The draws take coefficients from the normal distribution around a maximum of the likelihood, with observations of small
weights added against separation (White, Daniel & Royston, 2010). Here the maximum is another library's, and the mean over
the drawn coefficients is an integral.
"""

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgWarning, svd

from medicore.stats.verification_columns import unaliased
from medicore.stats.verification_models import MAX_ITERATIONS, MEAN_SCORE, sigmoid, vanished

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

AWAY = 0.5
"""Distance of an added observation from the means of the predictors, in standard deviations of one of them."""
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
SHARES = WEIGHTS / WEIGHTS.sum()


def expected_chances(x: Vector, label: Mask, donors: Mask, gaps: Mask) -> tuple[float, float]:
    """Return the mean chance of 1 among the ``gaps``, and the variance of the mean of their draws.

    A logistic regression of ``label``, ``(n,)`` bool, on ``x``, ``(n, p)``, is fitted among the ``donors``. The chance of a
    subject is the mean of the inverse logit over normal coefficients, by Gauss–Hermite quadrature. The variance of the mean
    of k draws is Σp(1 − p)/k², averaged, and that of the mean chance: of its linear part in the coefficients exactly, and of
    the rest as if it were the same for all, which is the most that it can be. Both are NaN where the search for
    the maximum is not proved to have ended there.
    """
    rows, added = _predictors(x, donors)
    target = np.concatenate([label[donors].astype(np.float64), np.full(len(added), label[donors].mean())])
    weights = np.concatenate(
        [np.ones(int(donors.sum())), np.full(len(added), added.shape[1] / max(len(added), 1))]
    )
    fitted = np.vstack([rows[donors], added])
    _, lengths, rotation = svd(fitted * np.sqrt(weights)[:, None], full_matrices=False)
    turn = rotation.T / lengths
    columns, wanted = fitted @ turn, rows[gaps] @ turn
    coefficients = _maximum(columns, target, weights)
    chance = sigmoid(columns @ coefficients)
    information = columns.T @ (columns * (weights * chance * (1 - chance))[:, None])
    spread = np.linalg.inv(np.linalg.cholesky(information))
    reach = wanted @ spread.T
    return _mean_and_variance(wanted @ coefficients, reach)


def _mean_and_variance(centre: Vector, reach: Vector) -> tuple[float, float]:
    """Return mean chance and variance of the draws; linear predictors are ``centre`` + ``reach`` · standard normals."""
    deviation = np.linalg.norm(reach, axis=1)
    chances = sigmoid(centre[:, None] + deviation[:, None] * NODES)
    mean, k = chances @ SHARES, len(centre)
    drawn = float(np.sum((chances * (1 - chances)) @ SHARES)) / k**2
    slope = (chances * NODES) @ SHARES
    direction = reach / np.where(deviation > 0, deviation, 1.0)[:, None]
    linear = float(np.sum((slope @ direction / k) ** 2))
    rest = np.maximum((chances**2) @ SHARES - mean**2 - slope**2, 0.0)
    return float(mean.mean()), drawn + linear + float(np.sqrt(rest).mean()) ** 2


def _predictors(x: Vector, donors: Mask) -> tuple[Vector, Vector]:
    """Return the predictors with an intercept, in standard deviations of the donors, and the added observations."""
    inside = x[donors]
    varies = inside.max(axis=0, initial=-np.inf) > inside.min(axis=0, initial=np.inf)
    unit = (x[:, varies] - inside[:, varies].mean(axis=0)) / inside[:, varies].std(axis=0)
    rows = np.column_stack([np.ones(len(x)), unit])
    rows = rows[:, unaliased(rows[donors])]
    away = AWAY * np.eye(rows.shape[1])[1:]
    away[:, 0] = 1.0
    return rows, np.vstack([away, np.column_stack([away[:, :1], -away[:, 1:]])])


def _maximum(columns: Vector, target: Vector, weights: Vector) -> Vector:
    """Return the coefficients at the maximum; NaN where the mean score is not 0 after the search.

    An added observation is of both labels, by its target: scikit-learn takes it twice, with weights.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    size = np.sqrt(weights.sum())
    scaled = columns * size
    parts = np.concatenate([weights * target, weights * (1 - target)])
    counted = parts > 0
    labels = np.repeat([True, False], len(target))
    model = LogisticRegression(
        C=np.inf, solver="newton-cholesky", fit_intercept=False, tol=MEAN_SCORE, max_iter=MAX_ITERATIONS
    )
    with warnings.catch_warnings():
        for said in (ConvergenceWarning, LinAlgWarning):
            warnings.simplefilter("ignore", said)
        model.fit(np.vstack([scaled, scaled])[counted], labels[counted], sample_weight=parts[counted])
    found: Vector = model.coef_[0]
    score = scaled.T @ (weights * (target - sigmoid(scaled @ found))) / weights.sum()
    return found * size if vanished(score) else np.full(columns.shape[1], np.nan)
