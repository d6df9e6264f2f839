"""The second implementation of Firth's penalised likelihood: plain likelihood on data augmented by the leverages.

A subject with leverage h stands there with weight 1 + h/2 for its outcome and h/2 for the other one; the score of the
plain likelihood is then the penalised one (Heinze & Schemper, 2002, section 2). Weights and fit follow each other until
they stay. scikit-learn is imported when the first of them is fitted.
"""

import warnings

import numpy as np
from numpy.typing import NDArray

from medicore.stats.verification_columns import hat_diagonal, whitened
from medicore.stats.verification_models import MAX_ITERATIONS, MEAN_SCORE, sigmoid

Vector = NDArray[np.float64]

ROUNDS = 500
PROVED_SCORE = 1e-9
"""Largest component of the mean penalised score at which a fit counts as the maximum."""
UNCHANGED = 1e-12
"""Change of the leverages after which another round changes nothing."""


def penalised_predictor(x: Vector, label: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Vector:
    """Return linear predictors for everybody of a penalised logistic regression of ``label`` within ``rows``.

    They are NaN where the mean penalised score, computed here, is not 0 at the end.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    columns, known = whitened(x, rows), label[rows]
    inside = columns[rows]
    both = np.vstack([inside, inside])
    either = np.concatenate([known, ~known])
    leverage = hat_diagonal(inside, np.full(len(known), 0.25))
    coefficients, chance = np.zeros(inside.shape[1]), np.full(len(known), 0.5)
    model = LogisticRegression(
        C=np.inf,
        solver="newton-cholesky",
        fit_intercept=False,
        tol=MEAN_SCORE,
        max_iter=MAX_ITERATIONS,
        warm_start=True,
    )
    rounds, change = 0, np.inf
    while change > UNCHANGED and rounds < ROUNDS:
        rounds += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(both, either, sample_weight=np.concatenate([1 + leverage / 2, leverage / 2]))
        coefficients = model.coef_[0]
        chance = sigmoid(inside @ coefficients)
        before, leverage = leverage, hat_diagonal(inside, chance * (1 - chance))
        change = float(np.abs(leverage - before).max())
    score = inside.T @ (known - chance + leverage * (0.5 - chance)) / len(known)
    predictor: Vector = columns @ coefficients
    return predictor if bool(np.all(np.abs(score) <= PROVED_SCORE)) else np.full(len(x), np.nan)
