"""Calibration by negative controls over many studies: how often an effect that is none is claimed, with and without it.

Treatment depends on covariates; controls and outcome depend on them too, each in its own way, and, where they are correlated,
on one factor that they share. An unmeasured confounder adds to each a bias of its own in the treated, drawn from the error distribution. Nothing
has a true effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from scipy.special import expit

from medicore.stats.calibration.calibrated import calibrated_effect
from medicore.stats.calibration.error_distribution import ErrorDistribution, fit_error_distribution
from medicore.stats.calibration.expected_error import expected_absolute, expected_error
from medicore.stats.calibration.pooled_deviation import pooled_deviation
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.models.logistic import fit_logistic
from tests.simulation.workers import simulated
from tests.simulation.worlds import SELECTION, stream

SIMULATIONS = 400
LEVEL, ALPHA = 0.95, 0.05
SHARE, ERROR = 0.25, 0.1
"""The default limits of the gates, for a difference."""


@dataclass(frozen=True)
class World:
    """So many subjects and controls, the distribution of the systematic error, and how far the outcomes are correlated."""

    n: int
    controls: int
    mean: float
    deviation: float
    correlation: float = 0.0


WORLDS = (
    World(60, 12, 0.0, 0.0),
    World(300, 12, 0.0, 0.0),
    World(300, 30, 0.0, 0.0),
    World(300, 12, 0.0, 0.0, 0.3),
)
BIASED = World(60, 12, 0.3, 0.3)
"""A world with a systematic error, of which a few studies are made in every run."""


@dataclass(frozen=True)
class Row:
    """What came of the studies of one world; shares are of studies."""

    world: World
    simulations: int
    claimed: float
    calibrated: float
    mean: float
    deviation: float
    truth: float
    expected: float
    covered: float
    share_gate: float
    error_gate: float


Found = tuple[float, ...]


def study(world: World, index: int) -> Found:
    """Return one study: both claims, the fitted distribution, the expected error and whether it is covered, both gates."""
    chance = stream(41 + (*WORLDS, BIASED).index(world), index)
    x = chance.normal(size=(world.n, 3))
    treated = chance.random(world.n) < expit(x @ SELECTION)
    shared = chance.normal(size=world.n)
    propensity = fit_logistic(x, treated)
    rows = []
    for _ in range(world.controls + 1):
        own = np.sqrt(1 - world.correlation) * chance.normal(size=world.n)
        own += x @ chance.normal(0, 0.5, 3) + np.sqrt(world.correlation) * shared
        outcome = own + treated * chance.normal(world.mean, world.deviation) * own.std()
        found = doubly_robust(x, treated, outcome, propensity)
        means = small_sample_means(treated, outcome, propensity, found)
        effect, unit = difference(means), pooled_deviation(treated, outcome)
        rows.append((effect.value / unit, effect.standard_error / unit, effect.p_value))
    (value, error, p), *controls = rows
    estimates, errors, ps = np.array(controls).T
    null = fit_error_distribution(estimates, errors)
    told = expected_error(estimates, errors, LEVEL)
    truth = expected_absolute(ErrorDistribution(world.mean, world.deviation))
    return (
        p < ALPHA,
        calibrated_effect(value, error, null).p_value < ALPHA,
        null.mean,
        null.deviation,
        told.value,
        told.low <= truth <= told.high,
        (ps < ALPHA).mean() >= SHARE,
        told.value >= ERROR,
    )


def summary(world: World, found: Sequence[Found]) -> Row:
    """Return the row of a world."""
    claimed, calibrated, mean, deviation, expected, covered, share, error = np.mean(found, axis=0).tolist()
    truth = expected_absolute(ErrorDistribution(world.mean, world.deviation))
    return Row(
        world, len(found), claimed, calibrated, mean, deviation, truth, expected, covered, share, error
    )


@cache
def rows() -> tuple[Row, ...]:
    """Return the rows of all worlds."""
    return tuple(summary(world, simulated(partial(study, world), SIMULATIONS)) for world in WORLDS)
