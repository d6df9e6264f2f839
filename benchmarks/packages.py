"""Packages for causal inference, called as their manuals show; they live in an environment of their own."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression, LogisticRegression

from benchmarks.loops import Vector, augmented, standardised_loop
from benchmarks.study import COVARIATES, Study
from benchmarks.textbook import frame_of
from benchmarks.timing import Timed, timed_loop


def zepid(study: Study, replicates: int) -> Timed:
    """Return the time of a loop over zEpid's AIPTW."""
    from zepid.causal.doublyrobust import AIPTW

    frame, terms = frame_of(study), " + ".join(COVARIATES)

    def estimate(data: pd.DataFrame) -> float:
        model = AIPTW(data, exposure="treated", outcome="outcome")
        model.exposure_model(terms, print_results=False)
        model.outcome_model(f"treated * ({terms})", print_results=False)
        model.fit()
        return float(model.average_treatment_effect)

    def replicate(seed: int) -> float:
        return estimate(frame.sample(frac=1, replace=True, random_state=seed).reset_index(drop=True))

    return timed_loop(estimate(frame), replicate, replicates)


def causallib(study: Study, replicates: int) -> Timed:
    """Return the time of a loop over causallib's AIPW with scikit-learn's default solver, unpenalised."""
    return _causallib(study, LogisticRegression(C=np.inf, max_iter=10_000), replicates)


def causallib_newton(study: Study, replicates: int) -> Timed:
    """Return the time of a loop over causallib's AIPW with scikit-learn's newton-cholesky."""
    z = (study.x - study.x.mean(axis=0)) / study.x.std(axis=0)
    standardised = Study(z, study.treated, study.outcome)
    return _causallib(standardised, LogisticRegression(C=np.inf, solver="newton-cholesky"), replicates)


def _causallib(study: Study, learner: LogisticRegression, replicates: int) -> Timed:
    from causallib.estimation import AIPW, IPW, StratifiedStandardization

    frame = frame_of(study)

    def estimate(data: pd.DataFrame) -> float:
        x, a, y = data[list(COVARIATES)], data["treated"], data["outcome"]
        model = AIPW(StratifiedStandardization(LinearRegression()), IPW(learner))
        model.fit(x, a, y)
        means = model.estimate_population_outcome(x, a, y)
        return float(means[1] - means[0])

    def replicate(seed: int) -> float:
        return estimate(frame.sample(frac=1, replace=True, random_state=seed).reset_index(drop=True))

    return timed_loop(estimate(frame), replicate, replicates)


def crabbymetrics(study: Study, replicates: int) -> Timed:
    """Return the time of a loop over crabbymetrics' Logit and OLS, written in Rust.

    Its own AIPW splits the sample and penalises both models, so that it is another estimate.
    """
    from crabbymetrics import OLS, Logit

    def estimate(x: Vector, treated: NDArray[np.bool_], outcome: Vector) -> float:
        scores = Logit(alpha=0.0, gradient_tolerance=1e-8)
        scores.fit(x, treated.astype(np.int32))
        score = 1 / (1 + np.exp(-np.ravel(scores.predict_lin(x))))
        means = []
        for arm in (treated, ~treated):
            model = OLS()
            model.fit(x[arm], outcome[arm])
            means.append(np.asarray(model.predict(x)))
        return augmented(means[0], means[1], score, treated, outcome)

    return standardised_loop(study, estimate, replicates)


def lifelines(study: Study, replicates: int) -> Timed:
    """Return the time of a loop over lifelines' Cox models of event and censoring in each arm, and scikit-learn's scores."""
    from lifelines import CoxPHFitter

    from benchmarks.followed import HORIZON, Followed, arm_survival, loop

    names = [f"x{place}" for place in range(len(COVARIATES))]

    def hazard(
        data: Followed, inside: NDArray[np.bool_], happened: NDArray[np.bool_], times: Vector
    ) -> Vector:
        frame = pd.DataFrame(data.x, columns=names)
        fitted = frame[inside].assign(time=data.time[inside], happened=happened[inside])
        model = CoxPHFitter().fit(fitted, duration_col="time", event_col="happened")
        baseline = model.baseline_cumulative_hazard_.iloc[:, 0]
        place = np.searchsorted(baseline.index.to_numpy(), times)
        relative = model.predict_partial_hazard(frame).to_numpy()
        return np.asarray(relative[:, None] * baseline.to_numpy()[place])

    def estimate(data: Followed) -> float:
        learner = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10)
        score = learner.fit(data.x, data.treated).predict_proba(data.x)[:, 1]
        means = []
        for inside, chance in ((data.treated, score), (~data.treated, 1 - score)):
            times = np.unique(data.time[inside])
            times = times[times <= HORIZON]
            hazards = tuple(hazard(data, inside, kind, times) for kind in (data.event, ~data.event))
            means.append(arm_survival(data, inside, chance, times, (hazards[0], hazards[1])))
        return means[0] - means[1]

    return loop(study, estimate, replicates)
