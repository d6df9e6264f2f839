"""The models of the second implementation: scikit-learn's, on columns rotated and whitened by their SVD.

scikit-learn is imported when the first of them is fitted: importing it takes half a second, which other commands need
not wait for.
"""

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgWarning

from medicore.stats.verification_columns import whitened

Vector = NDArray[np.float64]

MEAN_SCORE = 1e-13
"""Largest component of the mean score, on whitened columns, at which scikit-learn ends its search."""
PROVED_SCORE = 1e-10
"""Largest component of the mean score, computed here, at which a fit counts as the maximum of its likelihood."""
MAX_ITERATIONS = 200
"""Newton steps that scikit-learn may take; data with a maximum need ten, separated ones about fifty."""


def projection(x: Vector, outcome: Vector, rows: NDArray[np.bool_]) -> Vector:
    """Return least-squares predictions for everybody of a model fitted within ``rows``."""
    from sklearn.linear_model import LinearRegression

    columns = whitened(x, rows)
    model = LinearRegression(fit_intercept=False).fit(columns[rows], outcome[rows])
    predicted: Vector = columns @ model.coef_
    return predicted


def linear_predictor(x: Vector, label: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Vector:
    """Return linear predictors for everybody of a logistic regression of ``label`` within ``rows``.

    They are NaN where one label alone occurs, and where the mean score is not 0 after the search. scikit-learn's
    own warnings prove nothing: it warns of a search that begins at the maximum, as in two arms of equal size
    without a covariate, and its second search may stop early without a word.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    columns, known = whitened(x, rows), label[rows]
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
    score = columns[rows].T @ (known - sigmoid(predictor[rows])) / len(known)
    return predictor if vanished(score) else np.full(len(x), np.nan)


def vanished(score: Vector) -> bool:
    """Return whether every component of a mean score is as good as 0; NaN is not."""
    return bool(np.all(np.abs(score) <= PROVED_SCORE))


def sigmoid(value: Vector) -> Vector:
    """Return 1/(1 + exp(−value)), by the hyperbolic tangent."""
    return 0.5 + 0.5 * np.tanh(value / 2)
