"""What the loops over arrays share: resampling of standardised covariates, and AIPW from fitted models."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.study import Study, Vector
from benchmarks.timing import Timed, timed_loop

Estimate = Callable[[Vector, NDArray[np.bool_], Vector], float]


def standardised_loop(study: Study, estimate: Estimate, replicates: int) -> Timed:
    """Return the time of a loop over ``estimate`` on resampled rows; covariates are standardised once, before it."""
    x = (study.x - study.x.mean(axis=0)) / study.x.std(axis=0)
    n = len(x)

    def replicate(seed: int) -> float:
        rows = np.random.default_rng(seed).integers(0, n, size=n)
        return estimate(x[rows], study.treated[rows], study.outcome[rows])

    return timed_loop(estimate(x, study.treated, study.outcome), replicate, replicates)


def augmented(one: Vector, zero: Vector, score: Vector, treated: NDArray[np.bool_], outcome: Vector) -> float:
    """Return AIPW from predictions under treatment and control and propensity scores, ``(n,)`` each."""
    residual = np.where(treated, (outcome - one) / score, -(outcome - zero) / (1 - score))
    return float(np.mean(one - zero + residual))
