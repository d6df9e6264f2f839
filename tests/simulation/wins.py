"""The estimator of the win probability over many samples: its intervals from 60 subjects up, with five levels of which two are rare."""

from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import log_win_odds
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.ordinal.augmented_wins import augmented_wins
from medicore.stats.ordinal.batched_wins import WinSample
from medicore.stats.ordinal.wins import win_probability
from tests.simulation.coverage import Coverage
from tests.simulation.workers import simulated
from tests.simulation.worlds import stream

LEVEL = 0.95
SIMULATIONS = 1000
SUBJECTS = (60, 100, 200)
EFFECT = 0.6
_CUTS = np.array([-2.0, -0.8, 0.5, 2.2])
_LEADING = np.array([0.6, 0.0, -0.4])

Vector = NDArray[np.float64]


def _graded(chance: np.random.Generator, x: Vector, shift: Vector) -> Vector:
    latent = x @ _LEADING + shift + chance.normal(size=len(x))
    return np.asarray((latent[:, None] > _CUTS).sum(axis=1), np.float64)


@cache
def truth(effect: float) -> float:
    """Return the logarithm of the true win odds of two independent subjects of the population."""
    chance = stream(61, 0)
    x = chance.normal(size=(2_000_000, 3))
    below = [
        (_graded(chance, x, np.full(len(x), shift))[:, None] <= np.arange(4)).mean(axis=0)
        for shift in (effect, 0.0)
    ]
    wins = float(win_probability(below[0], below[1]))
    return float(np.log(wins / (1 - wins)))


def one(index: int, n: int, effect: float) -> tuple[float, float, float, float] | None:
    """Return value, standard error and interval of one confounded sample by the jackknife; None where nothing is estimated."""
    chance = stream(62, index)
    x = chance.normal(size=(n, 3))
    treated = chance.random(n) < expit(x @ np.array([0.5, -0.4, 0.0]))
    outcome = _graded(chance, x, effect * treated)
    try:
        score = fit_logistic(x, treated)
        if score.separated:
            return None
        result = augmented_wins(x, treated, outcome, 5, score)
        sample = WinSample.of(x, treated, outcome, 5, score, result)
        found = log_win_odds(sample.jackknifed(float(n - 2 * (x.shape[1] + 1))))
    except EstimationError:
        return None
    return found.value, found.standard_error, *found.interval(LEVEL)


@cache
def coverage(n: int, effect: float, simulations: int = SIMULATIONS) -> tuple[Coverage, float]:
    """Return the coverage of the interval of the win odds, and the share of samples that were refused."""
    every = simulated(partial(one, n=n, effect=effect), simulations)
    kept = [found for found in every if found is not None]
    expected = truth(effect)
    value, error, low, high = np.array(kept).T
    return (
        Coverage(
            "win odds",
            n,
            "jackknife, Student's t",
            expected,
            len(kept),
            float(value.mean() - expected),
            float(value.std(ddof=1)),
            float(error.mean()),
            float(((low <= expected) & (expected <= high)).mean()),
        ),
        1 - len(kept) / len(every),
    )
