"""The expected absolute systematic error: how far, on average, an estimate is from the truth beside chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import chdtri, ndtr

from medicore.stats.calibration.error_distribution import (
    ErrorDistribution,
    fit_error_distribution,
    log_likelihood,
)

Vector = NDArray[np.float64]

SHARES = 60
"""Number of steps between error that is all mean and error that is all spread, in each round of the search."""
ROUNDS = 4
"""Rounds of the search; each is about the best step of the one before."""
HALVINGS = 60
"""Halvings of the interval in which a mean is searched."""
TOLERANCE = 1e-9
"""Accuracy of the interval's ends."""


@dataclass(frozen=True, slots=True)
class ExpectedError:
    """The expected absolute systematic error with its interval at ``level``; nothing of it is below 0."""

    value: float
    low: float
    high: float
    level: float


def expected_error(estimates: Vector, standard_errors: Vector, level: float) -> ExpectedError:
    """Return the expected absolute systematic error of the fitted distribution, with its profile likelihood interval.

    ``estimates`` and ``standard_errors`` are ``(k,)``, of negative controls on the scale of inference. The error is E|X|
    for X ~ N(μ, τ²), so that sign and spread both count (Schuemie, Hripcsak, Ryan, Madigan & Suchard, 2018). The
    interval holds every error e with 2(ℓ̂ − max ℓ(μ, τ)) ≤ χ²₁(level) over all μ, τ whose expected error is e (Cox &
    Hinkley, 1974, section 9.3). It takes the controls as independent. By simulation (docs/simulation.md) it then holds the
    truth at about its level; where there is no systematic error at all, both μ and τ are at the edge, and it does so in
    about 90 % for a level of 95 %. Controls that are correlated share chance, which it takes for error.

    Raises EstimationError as ``fit_error_distribution`` does.
    """
    fitted = fit_error_distribution(estimates, standard_errors)
    value = expected_absolute(fitted)
    variances = standard_errors**2
    (best,) = log_likelihood(
        estimates, variances, np.array([fitted.mean]), np.array([fitted.deviation])
    ).tolist()
    allowed = float(chdtri(1, 1 - level)) / 2

    def beyond(error: float) -> float:
        return float(best - _profile(estimates, variances, error) - allowed)

    low = 0.0 if beyond(0.0) <= 0 else float(brentq(beyond, 0.0, value, xtol=TOLERANCE))
    high = value + float(standard_errors.max())
    while beyond(high) <= 0:
        high *= 2
    return ExpectedError(value, low, float(brentq(beyond, value, high, xtol=TOLERANCE)), level)


def expected_absolute(error: ErrorDistribution) -> float:
    """Return E|X| of X ~ N(μ, τ²): τ√(2/π)·exp(−μ²/2τ²) + |μ|(1 − 2Φ(−|μ|/τ)) (Leone, Nelson & Nottingham, 1961)."""
    return float(_folded(np.array([abs(error.mean)]), np.array([error.deviation]))[0])


def _folded(size: Vector, deviation: Vector) -> Vector:
    """Return the mean of the folded normal distribution, ``(m,)``, of means ``size`` of 0 or more."""
    spread = np.where(deviation > 0, deviation, 1.0)
    ratio = size / spread
    found = deviation * np.sqrt(2 / np.pi) * np.exp(-0.5 * ratio**2) + size * (1 - 2 * ndtr(-ratio))
    whole: Vector = np.where(deviation > 0, found, size)
    return whole


def _profile(estimates: Vector, variances: Vector, error: float) -> float:
    """Return the largest log likelihood of the distributions whose expected absolute error is ``error``.

    They are numbered by the share of the error that spread alone would give: at 0 it is all mean, at 1 all spread.
    """
    low, high = 0.0, 1.0
    found = -np.inf
    for _ in range(ROUNDS):
        shares = np.linspace(low, high, SHARES + 1)
        deviation = shares * error * np.sqrt(np.pi / 2)
        size = _size(deviation, error)
        likelihood = np.maximum(
            log_likelihood(estimates, variances, size, deviation),
            log_likelihood(estimates, variances, -size, deviation),
        )
        place = int(np.argmax(likelihood))
        found = max(found, float(likelihood[place]))
        low, high = float(shares[max(place - 1, 0)]), float(shares[min(place + 1, SHARES)])
    return found


def _size(deviation: Vector, error: float) -> Vector:
    """Return the absolute means, ``(m,)``, that have this expected absolute error with the deviations, ``(m,)``."""
    low, high = np.zeros(len(deviation)), np.full(len(deviation), error)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        short = _folded(middle, deviation) < error
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return high
