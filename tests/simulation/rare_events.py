"""Studies with few events: what penalised outcome models estimate, where likelihood has no estimate, and the score interval."""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from scipy.special import expit

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.effect.score_interval import score_interval
from medicore.stats.effect.small_sample import small_sample_means
from medicore.stats.models.logistic import fit_logistic
from medicore.steps.gates.event_gates import LEAST_EVENTS
from tests.simulation.workers import simulated
from tests.simulation.worlds import stream

_WORLD = 92
SIMULATIONS = 1000
WORLDS = ((60, 0.25, 0.25), (120, 0.10, 0.10), (300, 0.10, 0.04), (300, 0.30, 0.15))
"""Subjects of both arms, and the risk of the treated and of the controls where the covariate is at its mean."""


@dataclass(frozen=True)
class Found:
    """What one study finds: whether intervals hold the effect, whether each arm has enough events, and whether likelihood fails."""

    error: float
    standard_error: float
    held: bool
    held_by_score: bool
    enough: bool
    failed: bool


@dataclass(frozen=True)
class Summary:
    """What many studies come to: bias, spread, standard error, and shares of intervals that hold the truth."""

    truth: float
    bias: float
    bias_error: float
    deviation: float
    mean_error: float
    coverage: float
    enough: float
    by_score: float
    failed: float


def summary(n: int, one: float, zero: float) -> Summary:
    """Return what the studies of one world come to; coverage is of those in which no arm has too few events."""
    found = studies(n, one, zero)
    errors = np.array([each.error for each in found])
    deviation = float(errors.std(ddof=1))
    return Summary(
        _effect(one, zero),
        float(errors.mean()),
        deviation / len(errors) ** 0.5,
        deviation,
        float(np.mean([each.standard_error for each in found])),
        float(np.mean([each.held for each in found if each.enough])),
        float(np.mean([each.enough for each in found])),
        float(np.mean([each.held_by_score for each in found])),
        float(np.mean([each.failed for each in found])),
    )


@cache
def studies(n: int, one: float, zero: float) -> list[Found]:
    """Return what many randomised studies find."""
    return simulated(partial(_study, n, one, zero), SIMULATIONS)


def _study(n: int, one: float, zero: float, index: int) -> Found:
    """Return one study, whose outcome depends on a covariate as well as on the arm."""
    chance = stream(_WORLD, index)
    x = chance.normal(size=(n, 2))
    treated = chance.permutation(n) < n // 2
    risks = [expit(np.log(risk / (1 - risk)) + 0.5 * x[:, 0]) for risk in (one, zero)]
    outcome = (chance.random(n) < np.where(treated, *risks)).astype(np.float64)
    effect = _effect(one, zero)
    fit = fit_logistic(x, treated)
    means = small_sample_means(
        treated, outcome, fit, doubly_robust(x, treated, outcome, fit, family="firth"), family="firth"
    )
    found = difference(means)
    low, high = found.interval(0.95)
    events = int(outcome[treated].sum()), int(outcome[~treated].sum())
    sizes = int(treated.sum()), int((~treated).sum())
    score = score_interval(events, sizes, 0.95)
    try:
        plain = doubly_robust(x, treated, outcome, fit, family="binomial")
        failed = any(model.separated or not model.converged for model in plain.models)
    except EstimationError:
        failed = True
    fewest = min(*events, *(size - count for size, count in zip(sizes, events, strict=True)))
    return Found(
        found.value - effect,
        found.standard_error,
        low <= effect <= high,
        score.low <= effect <= score.high,
        fewest >= LEAST_EVENTS,
        failed,
    )


def _effect(one: float, zero: float) -> float:
    """Return the difference of the mean risks over the covariate, by Gauss and Hermite's nodes."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    means = [
        float(weights @ expit(np.log(risk / (1 - risk)) + 0.5 * nodes) / weights.sum())
        for risk in (one, zero)
    ]
    return means[0] - means[1]
