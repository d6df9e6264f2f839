"""The estimator of survival with more subjects than the exact jackknife takes: the interval by updated estimates."""

from functools import cache

import numpy as np

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import difference
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.survival.augmented_survival import augmented_survival, fit_survival_models
from medicore.stats.survival.batched_survival import SurvivalSample, jackknifed
from medicore.stats.survival.leave_one_out import LARGEST_EXACT, without_each
from tests.simulation.coverage import Coverage
from tests.simulation.survival import HORIZON, LEVEL, followed, truth
from tests.simulation.workers import simulated

SUBJECTS = LARGEST_EXACT + 10
SIMULATIONS = 400
WEEKS = 52
"""Times are known to the week; the horizon is the end of one, so that the survival there is that of the exact times."""
_FIRST = 100_000
"""The number of the first sample: none is one of those with few subjects."""

Found = tuple[float, float, float, float]


def one(index: int) -> Found | None:
    """Return value, standard error and interval of one sample by the primary's jackknife; None where it is refused."""
    made = followed(_FIRST + index, SUBJECTS)
    arms = made.treated, np.ceil(made.time * WEEKS) / WEEKS, made.event
    try:
        score = fit_logistic(made.x, made.treated)
        models = fit_survival_models(made.x, made.x, *arms)
        result = augmented_survival(*arms, score, models, horizon=HORIZON, summary="survival")
        sample = SurvivalSample.of(*arms, score, result, horizon=HORIZON, summary="survival")
        without, how = without_each(sample)
        found = difference(jackknifed(result, without, SUBJECTS - 2.0 * made.x.shape[1] - 2, how))
    except EstimationError:
        return None
    return (found.value, found.standard_error, *found.interval(LEVEL))


@cache
def coverage() -> tuple[Coverage, float]:
    """Return the coverage of the interval, and the share of samples that were refused. Takes minutes."""
    every = simulated(one, SIMULATIONS)
    value, error, low, high = np.array([found for found in every if found is not None]).T
    expected = truth("survival")
    row = Coverage(
        "survival",
        SUBJECTS,
        "jackknife by updates, Student's t",
        expected,
        len(value),
        float(value.mean() - expected),
        float(value.std(ddof=1)),
        float(error.mean()),
        float(((low <= expected) & (expected <= high)).mean()),
    )
    return row, 1 - len(value) / len(every)
