"""Studies of sites with effects of their own: how often the interval by clusters, and that of subjects, holds the truth."""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from scipy.special import expit

from medicore.stats.effect.clustered import clustered_means
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.models.logistic import fit_logistic
from tests.simulation.workers import simulated
from tests.simulation.worlds import stream

EFFECT = 1.0
_WORLD = 91
SIMULATIONS = 1000
SIZES = ((10, 8), (10, 30), (24, 8))
"""Sites, and the mean number of subjects of each."""


WHOLE_SITES = (24, 20)
"""The same where whole sites are treated."""


@dataclass(frozen=True)
class Held:
    """Whether each interval holds the effect: by clusters, and as if subjects were independent."""

    clustered: bool
    independent: bool
    estimate: float
    standard_error: float


@dataclass(frozen=True)
class Sites:
    """The shares of intervals, by clusters and of subjects, that hold the effect; bias, spread and mean standard error."""

    clustered: float
    independent: float
    bias: float
    bias_error: float
    deviation: float
    mean_error: float


@cache
def coverage(sites: int, size: int, *, whole: bool) -> Sites:
    """Return what many studies of so many sites find."""
    found = simulated(partial(_one, sites, size, whole), SIMULATIONS)
    estimates = np.array([one.estimate for one in found])
    deviation = float(estimates.std(ddof=1))
    return Sites(
        float(np.mean([one.clustered for one in found])),
        float(np.mean([one.independent for one in found])),
        float(estimates.mean() - EFFECT),
        deviation / SIMULATIONS**0.5,
        deviation,
        float(np.mean([one.standard_error for one in found])),
    )


def _one(sites: int, size: int, whole: bool, index: int) -> Held:
    """Return one study; where arms are of ``whole`` sites, half of the sites are treated, else subjects by their covariate."""
    chance = stream(_WORLD, index)
    while True:
        site = np.repeat(np.arange(sites), chance.integers(size // 2, size + size // 2 + 1, sites))
        x = chance.normal(size=(len(site), 2)) + chance.normal(0, 0.5, (sites, 2))[site]
        if whole:
            treated = (chance.permutation(sites) < sites // 2)[site]
        else:
            treated = chance.random(len(site)) < expit(0.4 * x[:, 0] + chance.normal(0, 0.5, sites)[site])
        if min(treated.sum(), (~treated).sum()) < 12:
            continue
        fit = fit_logistic(x, treated)
        if not fit.separated:
            break
    outcome = EFFECT * treated + x @ [0.8, 0.4] + chance.normal(0, 0.7, sites)[site]
    outcome += chance.normal(0, 1, len(site))
    result = doubly_robust(x, treated, outcome, fit)
    means = small_sample_means(treated, outcome, fit, result)
    by_cluster, alone = difference(clustered_means(means, site)), difference(means)
    held = []
    for one in (by_cluster, alone):
        low, high = one.interval(0.95)
        held.append(low <= EFFECT <= high)
    return Held(held[0], held[1], by_cluster.value, by_cluster.standard_error)
