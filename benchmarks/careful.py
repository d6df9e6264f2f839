"""Loops by someone who minds speed: arrays, covariates standardised beforehand, Newton's method."""

from functools import partial
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression, LogisticRegression

from benchmarks.loops import augmented, standardised_loop
from benchmarks.study import Study, Vector
from benchmarks.timing import Timed


def scikit_learn(study: Study, replicates: int) -> Timed:
    """Return the time of a loop over scikit-learn's newton-cholesky."""
    return standardised_loop(study, _by_scikit_learn, replicates)


def statsmodels(study: Study, replicates: int) -> Timed:
    """Return the time of a loop over statsmodels' Logit and OLS, without that of their import."""
    import statsmodels.api

    return standardised_loop(study, partial(_by_statsmodels, statsmodels.api), replicates)


def _by_scikit_learn(x: Vector, treated: NDArray[np.bool_], outcome: Vector) -> float:
    score = LogisticRegression(C=np.inf, solver="newton-cholesky").fit(x, treated).predict_proba(x)[:, 1]
    one, zero = (LinearRegression().fit(x[arm], outcome[arm]).predict(x) for arm in (treated, ~treated))
    return augmented(one, zero, score, treated, outcome)


def _by_statsmodels(sm: ModuleType, x: Vector, treated: NDArray[np.bool_], outcome: Vector) -> float:
    columns = sm.add_constant(x, has_constant="add")
    score = sm.Logit(treated.astype(float), columns).fit(disp=False).predict()
    one, zero = (columns @ sm.OLS(outcome[arm], columns[arm]).fit().params for arm in (treated, ~treated))
    return augmented(one, zero, score, treated, outcome)
