"""The multivariate normal model of repeated outcomes, some of them missing, by restricted maximum likelihood."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]

MOST_STEPS = 20_000
PRECISION = 1e-12
"""The largest change of a covariance in one step, as a share of the largest variance, at which the maximum is reached."""


@dataclass(frozen=True, slots=True)
class RepeatedFit:
    """The model y = zB + e of outcomes at T visits, where e is normal with one unstructured covariance matrix.

    ``coefficients`` B is ``(q, T)``, ``covariance`` ``(T, T)``; ``steps`` is how many the maximum took.
    """

    coefficients: Vector
    covariance: Vector
    steps: int

    def means(self, z: Vector) -> Vector:
        """Return the mean at each visit, ``(n, T)``, of subjects with the predictors ``z``, ``(n, q)``."""
        mean: Vector = z @ self.coefficients
        return mean


def fit_repeated(z: Vector, outcome: Vector) -> RepeatedFit:
    """Return the model of ``outcome``, ``(n, T)`` with NaN where missing, on ``z``, ``(n, q)`` with its intercept.

    Every predictor has a coefficient at every visit, and the covariance is unstructured and common to the arms: the
    mixed model for repeated measures (Mallinckrodt et al., 2008). Restricted likelihood is maximised by the EM algorithm
    with the coefficients as missing data (Dempster, Laird & Rubin, 1977; Laird & Ware, 1982): with Kᵢ = Σ·ₒΣₒₒ⁻¹,
    residual r, its predictors Zₒ and the coefficients' covariance C, each step sets
    Σ = mean[Kᵢ(rrᵀ + ZₒCZₒᵀ)Kᵢᵀ + Σ − KᵢΣₒ·]. Outcomes are missing at random given those observed.

    Raises EstimationError when a visit has no more observed outcomes than predictors, or the maximum is not reached.
    """
    seen = ~np.isnan(outcome)
    fewest = int(seen.sum(axis=0).min())
    if fewest <= z.shape[1]:
        raise EstimationError(
            f"a visit has {fewest} observed outcomes for {z.shape[1]} predictors; expected more; leave the visit out, or "
            "use fewer covariates"
        )
    patterns = tuple(_patterns(z, outcome, seen))
    covariance: Vector = np.diag(np.nanvar(outcome, axis=0)).astype(np.float64)
    for step in range(1, MOST_STEPS + 1):
        coefficients, spread = _least_squares(patterns, covariance, z.shape[1])
        improved = _improved(patterns, covariance, coefficients, spread)
        change = float(np.abs(improved - covariance).max() / improved.diagonal().max())
        covariance = improved
        if change <= PRECISION:
            coefficients, _ = _least_squares(patterns, covariance, z.shape[1])
            return RepeatedFit(coefficients, covariance, step)
    raise EstimationError(
        f"the model of the repeated outcomes did not reach its maximum in {MOST_STEPS} steps; expected convergence; leave "
        "out visits that few subjects have"
    )


@dataclass(frozen=True, slots=True)
class _Pattern:
    """The subjects observed at the same ``visits``: predictors ``(k, q)`` and outcomes ``(k, visits)``."""

    visits: NDArray[np.intp]
    z: Vector
    outcome: Vector

    def gain(self, covariance: Vector) -> Vector:
        """Return Σ·ₒΣₒₒ⁻¹, ``(T, visits)``."""
        inside = covariance[np.ix_(self.visits, self.visits)]
        return np.linalg.solve(inside, covariance[self.visits]).T.astype(np.float64)


def _patterns(z: Vector, outcome: Vector, seen: Mask) -> Iterator[_Pattern]:
    for pattern in np.unique(seen, axis=0):
        same = (seen == pattern).all(axis=1)
        visits = np.flatnonzero(pattern)
        yield _Pattern(visits, z[same], outcome[np.ix_(same, visits)])


def _least_squares(
    patterns: tuple[_Pattern, ...], covariance: Vector, predictors: int
) -> tuple[Vector, Vector]:
    """Return the generalised least-squares coefficients, ``(q, T)``, and their covariance, ``(T, q, T, q)``."""
    visits = len(covariance)
    information = np.zeros((visits, predictors, visits, predictors))
    score = np.zeros((visits, predictors))
    for one in patterns:
        weight = np.linalg.inv(covariance[np.ix_(one.visits, one.visits)])
        square = one.z.T @ one.z
        for place, first in enumerate(one.visits):
            for other, second in enumerate(one.visits):
                information[first, :, second, :] += weight[place, other] * square
        score[one.visits] += weight @ one.outcome.T @ one.z
    size = visits * predictors
    spread: Vector = np.linalg.inv(information.reshape(size, size)).astype(np.float64)
    coefficients = (spread @ score.reshape(size)).reshape(visits, predictors).T
    return coefficients, spread.reshape(visits, predictors, visits, predictors)


def _improved(
    patterns: tuple[_Pattern, ...], covariance: Vector, coefficients: Vector, spread: Vector
) -> Vector:
    """Return the covariance after one step of the EM algorithm."""
    total, n = np.zeros_like(covariance), 0
    for one in patterns:
        residual = one.outcome - one.z @ coefficients[:, one.visits]
        square = one.z.T @ one.z
        inner = spread[one.visits][:, :, one.visits]
        second = residual.T @ residual + np.einsum("aibj,ij->ab", inner, square)
        gain = one.gain(covariance)
        total += gain @ second @ gain.T + len(one.z) * (covariance - gain @ covariance[one.visits])
        n += len(one.z)
    made: Vector = total / n
    return (made + made.T) / 2
