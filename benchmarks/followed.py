"""The study with follow-up, and the bootstrap of its survival: MediCore's, a plain loop, and what a loop over hazards needs."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.study import SEED, Study, Vector
from benchmarks.timing import Timed, timed_loop
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from medicore.stats.survival.augmented_survival import (
    SurvivalResult,
    augmented_survival,
    fit_survival_models,
)
from medicore.stats.survival.batched_survival import SurvivalSample

HORIZON = 1.0
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Followed:
    """Standardised covariates ``(n, 6)``, arm, time of follow-up and event, ``(n,)`` each."""

    x: Vector
    treated: Flags
    time: Vector
    event: Flags

    def rows(self, seed: int) -> "Followed":
        """Return as many subjects, drawn with replacement."""
        generator = np.random.default_rng(seed)
        rows = generator.integers(0, len(self.time), size=len(self.time))
        return Followed(self.x[rows], self.treated[rows], self.time[rows], self.event[rows])


Estimate = Callable[[Followed], float]


def followed(study: Study) -> Followed:
    """Return the subjects of a study with a time to an event, which treatment delays, and censoring by their covariates."""
    generator = np.random.default_rng(SEED)
    x = (study.x - study.x.mean(axis=0)) / study.x.std(axis=0)
    n = len(x)
    event = generator.exponential(np.exp(0.6 * study.treated - x @ [0.3, 0, 0, 0.2, 0, 0.3]))
    left = np.minimum(generator.exponential(2.5 * np.exp(-0.3 * x[:, 0]), n), generator.uniform(0.8, 2.0, n))
    return Followed(x, study.treated, np.minimum(event, left), event <= left)


def batched(study: Study, replicates: int) -> Timed:
    """Return the time of MediCore's bootstrap of the difference of survival, full sample and drawing included."""
    data = followed(study)
    started = time.process_time()
    result, scores = _estimated(data)
    sample = SurvivalSample.of(
        data.treated, data.time, data.event, scores, result, horizon=HORIZON, summary="survival"
    )
    found = sample.bootstrap(replicates, SEED)
    return Timed(time.process_time() - started, replicates, found.value)


def one_by_one(study: Study, replicates: int) -> Timed:
    """Return the time of a plain loop over MediCore's estimator of one sample."""
    return loop(study, _one, replicates)


def loop(study: Study, estimate: Estimate, replicates: int) -> Timed:
    """Return the time of a plain loop over ``estimate`` on resampled subjects."""
    data = followed(study)
    return timed_loop(estimate(data), lambda seed: estimate(data.rows(seed)), replicates)


def _one(data: Followed) -> float:
    means = _estimated(data)[0].means
    return means.treated - means.control


def _estimated(data: Followed) -> tuple[SurvivalResult, LogisticFit]:
    scores = fit_logistic(data.x, data.treated)
    models = fit_survival_models(data.x, data.x, data.treated, data.time, data.event)
    arms = data.treated, data.time, data.event
    return augmented_survival(*arms, scores, models, horizon=HORIZON, summary="survival"), scores


def arm_survival(
    data: Followed, inside: Flags, chance: Vector, times: Vector, hazards: tuple[Vector, Vector]
) -> float:
    """Return an arm's survival at the horizon by AIPW with censoring weights (Ozenne et al., 2020, section 3).

    ``times``, ``(k,)``, are those of the arm up to the horizon; ``hazards`` are the cumulative hazards of event and censoring of
    everybody there, ``(n, k)``, and ``chance`` that of being in the arm, ``(n,)``.
    """
    survival = np.exp(-hazards[0])
    at_end = survival[:, -1]
    rises = np.diff(hazards[1], axis=1, prepend=0.0)
    followed_so_far = np.exp(rises - hazards[1])
    own = data.time[:, None] == times
    martingale = (own & ~data.event[:, None]) - (data.time[:, None] >= times) * rises
    lost = np.sum((own & data.event[:, None]) / followed_so_far, axis=1)
    carried = np.sum((1 - at_end[:, None] / survival) / followed_so_far * martingale, axis=1)
    weight = np.where(inside, 1 / chance, 0.0)
    return float(np.mean(at_end - weight * (lost + carried - (1 - at_end))))
