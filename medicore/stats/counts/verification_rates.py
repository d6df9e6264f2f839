"""Double programming of the estimate of rates: computed a second time, by other means.

Nothing here is shared with the primary route, neither code nor algebra.

=====================  ======================================  =============================================
part                   primary                                 here
=====================  ======================================  =============================================
columns                standardised                            rotated and whitened by their SVD
logistic regression    Newton with step-halving                scikit-learn's LogisticRegression
log-linear model       Newton, exposure as offset              scikit-learn's PoissonRegressor of the rate,
                                                               weighted by the exposure
estimate               mean of m and weighted residuals        root of the estimating equation, subject by
                                                               subject
=====================  ======================================  =============================================
"""

import warnings
from math import fsum
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgWarning

from medicore.stats.given import checked
from medicore.stats.verification import Verification
from medicore.stats.verification_columns import whitened
from medicore.stats.verification_models import MAX_ITERATIONS, linear_predictor, vanished

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

_TOLERANCE = 1e-12
_FARTHEST = 12.0
"""Limit of linear predictors, relative to the arm's rate, beyond which a level has practically no event."""
_LIBRARY = "scikit-learn"
_ROUTE = "SVD-whitened columns, newton-cholesky, rates weighted by exposure, root of the estimating equation"


@checked
def verify_rates(
    x_propensity: Vector,
    x_outcome: Vector,
    treated: Flags,
    outcome: Vector,
    time: Vector,
    *,
    measure: Literal["difference", "rate ratio"] = "difference",
) -> Verification:
    """Return the effect of ``augmented_rates`` by models per arm, with the influence function's standard error.

    A ratio is on the scale of the logarithm. Designs are ``(n, p)`` without intercept. Value and error are NaN, which
    confirms nothing, when a regression is not proved to be at its maximum.
    """
    n = len(treated)
    logit = linear_predictor(x_propensity, treated, np.ones(n, dtype=bool))
    found = []
    for sign, arm in ((1.0, treated), (-1.0, ~treated)):
        rate = _rates(x_outcome, outcome, time, arm)
        expected = _rates(x_outcome, time, np.ones(n), arm)
        against = np.exp(np.minimum(-sign * logit, 700.0))
        rows = zip(arm.tolist(), outcome, time, rate, expected, against, strict=True)
        values = [(1 + odds) * (y - t * m) / q + m if inside else m for inside, y, t, m, q, odds in rows]
        # the root of Σ(value − rate) = 0
        centre = fsum(values) / n
        found.append((centre, np.array(values) - centre))
    (one, by_one), (zero, by_zero) = found
    if measure == "rate ratio":
        value, influence = _log(one) - _log(zero), by_one / one - by_zero / zero
    else:
        value, influence = one - zero, by_one - by_zero
    error = np.sqrt(fsum((influence**2).tolist()) / (n * (n - 1)))
    return Verification(float(value), float(error), _LIBRARY, _ROUTE)


def _log(value: float) -> float:
    return float(np.log(value)) if value > 0 else float("nan")


def _rates(x: Vector, count: Vector, exposure: Vector, arm: Flags) -> Vector:
    """Return everybody's rates of a log-linear model fitted within an arm, NaN unless its maximum is proved."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import PoissonRegressor

    columns = whitened(x, arm)
    if not (count[arm] > 0).any():
        return np.full(len(x), np.nan)
    crude = float(count[arm].sum() / exposure[arm].sum())
    scaled = count[arm] / exposure[arm] / crude
    model = PoissonRegressor(
        alpha=0.0, fit_intercept=False, solver="newton-cholesky", tol=_TOLERANCE, max_iter=MAX_ITERATIONS
    )
    with warnings.catch_warnings():
        for said in (ConvergenceWarning, LinAlgWarning):
            warnings.simplefilter("ignore", said)
        model.fit(columns[arm], scaled, sample_weight=exposure[arm])
    predictor = np.clip(columns @ model.coef_, -700.0, 700.0)
    weight = exposure[arm] / float(exposure[arm].mean())
    score = columns[arm].T @ (weight * (scaled - np.exp(predictor[arm]))) / len(scaled)
    proved = vanished(score) and float(predictor[arm].min()) > -_FARTHEST
    found: Vector = crude * np.exp(predictor) if proved else np.full(len(x), np.nan)
    return found
