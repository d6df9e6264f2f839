"""The distribution of the systematic error, fitted to negative controls: a normal one, by maximum likelihood."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from medicore.errors import EstimationError

Vector = NDArray[np.float64]

LEAST_CONTROLS = 10
"""The smallest number of negative controls with which anything is calibrated."""

GRID = 400
"""Number of steps in the search for the standard deviation, from 0 to the range of the estimates."""


@dataclass(frozen=True, slots=True)
class ErrorDistribution:
    """The systematic error of an estimate, normal with ``mean`` and standard ``deviation``, on the scale of the controls."""

    mean: float
    deviation: float


def fit_error_distribution(estimates: Vector, standard_errors: Vector) -> ErrorDistribution:
    """Return the maximum likelihood fit to negative controls, whose true effect is 0.

    ``estimates`` and ``standard_errors`` are ``(k,)``, on the scale of inference: a difference in standardised units, or
    the logarithm of a ratio. Control i has y_i ~ N(μ, τ² + SE_i²), τ ≥ 0, independently (Schuemie, Ryan, DuMouchel,
    Suchard & Madigan, 2014, section 2.4). For a given τ, μ is the mean with the weights 1/(τ² + SE_i²), so that τ
    alone is searched: the best of a grid, refined as a root of the likelihood's derivative. No maximum is above the range of
    the estimates.

    Raises EstimationError for fewer than LEAST_CONTROLS controls, or when a number is not finite or a standard error
    not positive.
    """
    _require_controls(estimates, standard_errors)
    variances = standard_errors**2
    grid = np.linspace(0.0, float(np.ptp(estimates)), GRID + 1)
    weights = 1 / (variances + grid[:, None] ** 2)
    means = (weights * estimates).sum(axis=1) / weights.sum(axis=1)
    best = int(np.argmax(log_likelihood(estimates, variances, means, grid)))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, GRID)])
    deviation = _root(estimates, variances, low, high, float(grid[best]))
    return ErrorDistribution(_mean(estimates, variances, deviation), deviation)


def log_likelihood(estimates: Vector, variances: Vector, mean: Vector, deviation: Vector) -> Vector:
    """Return the log likelihood of error distributions, without its constant, ``(m,)``.

    ``estimates`` and ``variances`` (squared standard errors) are ``(k,)``, ``mean`` and ``deviation`` ``(m,)``.
    """
    total = variances + deviation[:, None] ** 2
    found: Vector = -0.5 * (np.log(total) + (estimates - mean[:, None]) ** 2 / total).sum(axis=1)
    return found


def _mean(estimates: Vector, variances: Vector, deviation: float) -> float:
    weights = 1 / (variances + deviation**2)
    return float((weights * estimates).sum() / weights.sum())


def _root(estimates: Vector, variances: Vector, low: float, high: float, best: float) -> float:
    """Return the deviation at which the profile's derivative with respect to τ² is 0 between two points of the grid.

    Where it falls from ``low`` on, which is 0, that is the maximum; where the estimates are all equal, so is ``best``.
    """

    def slope(deviation: float) -> float:
        total = variances + deviation**2
        residual = estimates - _mean(estimates, variances, deviation)
        return float(((residual**2 - total) / total**2).sum())

    if slope(low) <= 0 or slope(high) >= 0:
        return best
    return float(brentq(slope, low, high, xtol=1e-14, rtol=1e-14))


def _require_controls(estimates: Vector, standard_errors: Vector) -> None:
    if len(estimates) < LEAST_CONTROLS:
        raise EstimationError(
            f"{len(estimates)} negative controls can be estimated; expected {LEAST_CONTROLS} or more; declare more "
            "outcomes that the treatment does not affect"
        )
    if not (
        np.isfinite(estimates).all() and np.isfinite(standard_errors).all() and (standard_errors > 0).all()
    ):
        raise EstimationError(
            "a negative control has no finite estimate with a positive standard error; expected both; leave it out"
        )
