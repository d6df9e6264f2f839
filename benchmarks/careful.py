"""Loops by someone who minds speed: arrays, covariates standardised beforehand, Newton's method."""

from collections.abc import Callable

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression, LogisticRegression

from benchmarks.study import Study, Vector
from benchmarks.timing import Timed, timed_loop

Estimate = Callable[[Vector, NDArray[np.bool_], Vector], float]


def scikit_learn(study: Study, replicates: int) -> Timed:
    """Return the time of a loop over scikit-learn's newton-cholesky."""
    return _loop(study, _by_scikit_learn, replicates)


def statsmodels(study: Study, replicates: int) -> Timed:
    """Return the time of a loop over statsmodels' Logit and OLS."""
    return _loop(study, _by_statsmodels, replicates)


def _loop(study: Study, estimate: Estimate, replicates: int) -> Timed:
    x = (study.x - study.x.mean(axis=0)) / study.x.std(axis=0)
    n = len(x)

    def replicate(seed: int) -> float:
        rows = np.random.default_rng(seed).integers(0, n, size=n)
        return estimate(x[rows], study.treated[rows], study.outcome[rows])

    return timed_loop(estimate(x, study.treated, study.outcome), replicate, replicates)


def _by_scikit_learn(x: Vector, treated: NDArray[np.bool_], outcome: Vector) -> float:
    score = LogisticRegression(C=np.inf, solver="newton-cholesky").fit(x, treated).predict_proba(x)[:, 1]
    one, zero = (LinearRegression().fit(x[arm], outcome[arm]).predict(x) for arm in (treated, ~treated))
    return _augmented(one, zero, score, treated, outcome)


def _by_statsmodels(x: Vector, treated: NDArray[np.bool_], outcome: Vector) -> float:
    columns = sm.add_constant(x, has_constant="add")
    score = sm.Logit(treated.astype(float), columns).fit(disp=False).predict()
    one, zero = (columns @ sm.OLS(outcome[arm], columns[arm]).fit().params for arm in (treated, ~treated))
    return _augmented(one, zero, score, treated, outcome)


def _augmented(
    one: Vector, zero: Vector, score: Vector, treated: NDArray[np.bool_], outcome: Vector
) -> float:
    residual = np.where(treated, (outcome - one) / score, -(outcome - zero) / (1 - score))
    return float(np.mean(one - zero + residual))
