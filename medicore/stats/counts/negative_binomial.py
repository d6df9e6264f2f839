"""Negative binomial regression of counts with exposure, by maximum likelihood."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import digamma

from medicore.errors import EstimationError
from medicore.stats.counts.log_linear import fit_log_linear, inverse, rates
from medicore.stats.effect.contrasts import ArmMeans, means_of_influence
from medicore.stats.given import checked
from medicore.stats.models.design import StandardisedDesign

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

MAX_ITERATIONS = 200
SCORE_TOLERANCE = 1e-10
"""The maximum is reached when no component of the weighted score per event is larger than this."""
SMALLEST_SIZE, LARGEST_SIZE = 1e-4, 1e5
"""Limits of θ. At the upper one the variance is the mean, within rounding: the fit is that of Poisson."""


@dataclass(frozen=True, slots=True)
class NegativeBinomialFit:
    """A fitted model: mean μ = t exp(xβ), variance μ + μ²/θ.

    ``coefficients``, ``standard_errors`` and ``robust_errors``, ``(p + 1,)``, are on the given scale, intercept first, NaN
    for aliased columns. ``size`` is θ, infinite where the counts vary no more than Poisson's. ``influence``, ``(n, q + 1)``, is
    each subject's on ``coefficients_of_basis``, ``(q + 1,)``, by the expected information, with θ taken as known.
    """

    coefficients: Vector
    standard_errors: Vector
    robust_errors: Vector
    size: float
    coefficients_of_basis: Vector
    influence: Vector
    converged: bool
    design: StandardisedDesign


def fit_negative_binomial(x: Vector, count: Vector, exposure: Vector) -> NegativeBinomialFit:
    """Return the fit of ``count``, ``(n,)``, on ``x``, ``(n, p)`` without intercept, with log ``exposure`` as offset.

    θ and the coefficients are maximised in turn (Venables & Ripley, 2002, section 7.4), the coefficients by Fisher's scoring.
    Standard errors are by the expected information, with θ taken as known, as in R's MASS; the robust ones are HC0 with the
    expected information, as in R's sandwich. For a link that is not canonical, the observed information gives others.

    Raises EstimationError when the log-linear model cannot be fitted, has no maximum, or the turns do not converge.
    """
    start = fit_log_linear(x, count, exposure)
    if start.separated or not start.converged:
        raise EstimationError(
            "the model of rates has no maximum (separation); simplify the model of the outcome"
        )
    basis = np.column_stack([np.ones(len(count)), start.design.columns])
    theta, size, converged = start.theta, np.inf, False
    for _ in range(MAX_ITERATIONS):
        mean = exposure * rates(basis @ theta)
        size = _size(count, mean)
        shrink = 1 / (1 + mean / size)
        score = basis.T @ ((count - mean) * shrink)
        if float(np.abs(score).max()) <= SCORE_TOLERANCE * float(count.sum()):
            converged = True
            break
        theta = theta + inverse(basis, mean * shrink) @ score
    if not converged:
        raise EstimationError(
            "the negative binomial model did not converge; simplify the model of the outcome"
        )
    covariance = inverse(basis, mean * shrink)
    influence = len(count) * (basis * ((count - mean) * shrink)[:, None]) @ covariance
    back = start.design.given_scale()
    robust = np.sqrt(((influence @ back.T / len(count)) ** 2).sum(axis=0))
    errors = np.sqrt(((back @ covariance) * back).sum(axis=1))
    coefficients = back @ theta
    for values in (coefficients, errors, robust):
        values[[index + 1 for index in start.design.aliased]] = np.nan
    return NegativeBinomialFit(coefficients, errors, robust, size, theta, influence, converged, start.design)


@checked
def negative_binomial_rates(x: Vector, treated: Flags, count: Vector, exposure: Vector) -> ArmMeans:
    """Return the arms' rates by one negative binomial model of both arms: means of its predictions for everybody.

    Their variance is the stacked sandwich over the model, with θ taken as known, ddof 0.
    """
    fit = fit_negative_binomial(np.column_stack([treated, x]), count, exposure)
    means, influences = [], []
    for arm in (1.0, 0.0):
        basis = fit.design.basis(np.column_stack([np.full(len(count), arm), x]))
        predicted = rates(basis @ fit.coefficients_of_basis)
        slope = (basis * predicted[:, None]).mean(axis=0)
        means.append(float(predicted.mean()))
        influences.append(predicted - means[-1] + fit.influence @ slope)
    name, variance = "negative binomial model, standardised", "stacked sandwich, size known, ddof 0"
    return means_of_influence("ATE", name, means, influences, variance)


def _size(count: Vector, mean: Vector) -> float:
    """Return θ at the maximum of the likelihood for given means; infinity where it rises up to the upper limit."""

    def score(log_size: float) -> float:
        size = float(np.exp(log_size))
        own = digamma(count + size) - digamma(size) - np.log1p(mean / size)
        return float((own + (mean - count) / (size + mean)).sum())

    low, high = np.log(SMALLEST_SIZE), np.log(LARGEST_SIZE)
    if score(high) >= 0:
        return np.inf
    return float(np.exp(brentq(score, low, high, xtol=1e-14, rtol=1e-14)))
