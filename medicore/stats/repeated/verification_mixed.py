"""Double programming of the mixed model for repeated measures: the EM algorithm in place of Newton's method."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.verification import Verification

Vector = NDArray[np.float64]

MOST_STEPS = 20_000
PRECISION = 1e-11
"""The largest change of a covariance in one step, as a share of the largest variance, at which the maximum is reached."""


def verify_mixed(
    design: Vector, outcome: Vector, weights: Vector, *, restricted: bool = True
) -> Verification:
    """Return wᵀβ for ``weights`` w, ``(p,)``, and its model-based standard error, without any correction.

    ``design`` is ``(n, T, p)``, ``outcome`` ``(n, T)`` with NaN where missing. Nothing is shared with ``fit_mixed``: the
    likelihood is maximised by the EM algorithm, for restricted likelihood with the coefficients among the missing data
    (Dempster, Laird & Rubin, 1977; Laird & Ware, 1982), on the subjects' own rows. With Kᵢ = Σ·ₒΣₒₒ⁻¹, residual r, its
    predictors Xₒ and the coefficients' covariance C, each step sets Σ = mean[Kᵢ(rrᵀ + XₒCXₒᵀ)Kᵢᵀ + Σ − KᵢΣₒ·].

    Raises EstimationError when the maximum is not reached.
    """
    patterns = tuple(_patterns(design, outcome))
    covariance: Vector = np.diag(np.nanvar(outcome, axis=0)).astype(np.float64)
    for _ in range(MOST_STEPS):
        coefficients, spread = _least_squares(patterns, covariance)
        improved = _improved(patterns, covariance, coefficients, spread if restricted else 0 * spread)
        change = float(np.abs(improved - covariance).max() / improved.diagonal().max())
        covariance = improved
        if change <= PRECISION:
            coefficients, spread = _least_squares(patterns, covariance)
            error = float(np.sqrt(weights @ spread @ weights))
            return Verification(
                float(weights @ coefficients),
                error,
                "NumPy",
                "EM algorithm on the subjects' own rows, standard error model-based without correction",
            )
    raise EstimationError(
        f"the second implementation of the mixed model did not reach its maximum in {MOST_STEPS} steps; expected convergence; "
        "leave out visits that few subjects have"
    )


@dataclass(frozen=True, slots=True)
class _Pattern:
    """The subjects observed at the same ``visits``: predictors ``(k, visits, p)`` and outcomes ``(k, visits)``."""

    visits: NDArray[np.intp]
    design: Vector
    outcome: Vector

    def inside(self, covariance: Vector) -> Vector:
        """Return Σₒₒ."""
        return covariance[np.ix_(self.visits, self.visits)]


def _patterns(design: Vector, outcome: Vector) -> Iterator[_Pattern]:
    seen = ~np.isnan(outcome)
    for pattern in np.unique(seen[seen.any(axis=1)], axis=0):
        same = (seen == pattern).all(axis=1)
        visits = np.flatnonzero(pattern)
        yield _Pattern(visits, design[np.ix_(same, visits)], outcome[np.ix_(same, visits)])


def _least_squares(patterns: tuple[_Pattern, ...], covariance: Vector) -> tuple[Vector, Vector]:
    """Return the generalised least-squares coefficients, ``(p,)``, and their covariance, ``(p, p)``."""
    size = patterns[0].design.shape[2]
    information, score = np.zeros((size, size)), np.zeros(size)
    for one in patterns:
        # rows made independent, with variance 1
        root = np.linalg.inv(np.linalg.cholesky(one.inside(covariance)))
        rows = (root @ one.design).reshape(-1, size)
        information += rows.T @ rows
        score += rows.T @ (one.outcome @ root.T).reshape(-1)
    spread: Vector = np.linalg.inv(information).astype(np.float64)
    return spread @ score, spread


def _improved(
    patterns: tuple[_Pattern, ...], covariance: Vector, coefficients: Vector, spread: Vector
) -> Vector:
    """Return the covariance after one step of the EM algorithm."""
    total, n = np.zeros_like(covariance), 0
    for one in patterns:
        residual = one.outcome - one.design @ coefficients
        leverage = np.einsum("iap,ibp->ab", one.design @ spread, one.design)
        gain = np.linalg.solve(one.inside(covariance), covariance[one.visits]).T
        total += gain @ (residual.T @ residual + leverage) @ gain.T
        total += len(residual) * (covariance - gain @ covariance[one.visits])
        n += len(residual)
    made: Vector = total / n
    return (made + made.T) / 2
