"""The loop that textbooks print: a data frame, resampled, and scikit-learn's default solver on raw covariates."""

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression, LogisticRegression

from benchmarks.study import COVARIATES, Study
from benchmarks.timing import Timed, timed_loop


def frame_of(study: Study) -> pd.DataFrame:
    """Return the study as a data frame with a column per covariate, ``treated`` and ``outcome``."""
    frame = pd.DataFrame(study.x, columns=list(COVARIATES))
    frame["treated"] = study.treated.astype(int)
    frame["outcome"] = study.outcome
    return frame


def maximum_likelihood(study: Study, replicates: int) -> Timed:
    """Return the time of the loop that asks for no penalty and enough iterations, solver lbfgs."""
    return _loop(study, LogisticRegression(C=np.inf, max_iter=10_000), replicates)


def defaults(study: Study, replicates: int) -> Timed:
    """Return the time of the loop with scikit-learn's defaults: penalised, and stopped after 100 iterations."""
    return _loop(study, LogisticRegression(), replicates)


def _loop(study: Study, model: LogisticRegression, replicates: int) -> Timed:
    frame = frame_of(study)

    def replicate(seed: int) -> float:
        return _estimate(frame.sample(frac=1, replace=True, random_state=seed), model)

    return timed_loop(_estimate(frame, model), replicate, replicates)


def _estimate(data: pd.DataFrame, model: LogisticRegression) -> float:
    """Return the AIPW estimate of the average treatment effect."""
    x, a, y = data[list(COVARIATES)], data["treated"], data["outcome"]
    score = model.fit(x, a).predict_proba(x)[:, 1]
    one = LinearRegression().fit(x[a == 1], y[a == 1]).predict(x)
    zero = LinearRegression().fit(x[a == 0], y[a == 0]).predict(x)
    return float(np.mean(one - zero + a * (y - one) / score - (1 - a) * (y - zero) / (1 - score)))
