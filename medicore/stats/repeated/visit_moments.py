"""Subjects grouped by the visits at which they were observed, and the products that a likelihood needs of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VisitMoments:
    """The ``n`` subjects who were observed at the same ``visits``, ``(t,)``.

    ``products`` are the sums over subjects of z_a z_bᵀ for every two of these visits, ``(t, t, p + 1, p + 1)``, where z
    holds the p predictors of a visit and, last, its outcome. A normal likelihood depends on the subjects by them alone.
    """

    visits: NDArray[np.intp]
    n: int
    products: Vector

    def weight(self, covariance: Vector) -> Vector:
        """Return the inverse of the covariance of these visits, ``(t, t)``."""
        made: Vector = np.linalg.inv(covariance[np.ix_(self.visits, self.visits)]).astype(np.float64)
        return made

    def about(self, coefficients: Vector) -> Vector:
        """Return the products with the residual from ``coefficients``, ``(p,)``, in the outcome's place."""
        change = np.eye(len(coefficients) + 1)
        change[:-1, -1] = -coefficients
        made: Vector = change.T @ self.products @ change
        return made


def moments_of(design: Vector, outcome: Vector) -> tuple[VisitMoments, ...]:
    """Return the moments of every pattern of observed visits; subjects who were never observed are in none.

    ``design`` is ``(n, T, p)`` and holds its intercepts, ``outcome`` ``(n, T)`` with NaN where it is missing.
    Raises EstimationError when shapes differ, a predictor of an observed visit is no finite number, fewer than two
    subjects are observed at a visit or at any two of them, or the predictors are collinear.
    """
    n, visits = outcome.shape
    if design.shape[:2] != (n, visits):
        raise EstimationError(
            f"the design has the shape {design.shape}; expected predictors of {n} subjects at {visits} visits"
        )
    seen = ~np.isnan(outcome)
    if not (np.isfinite(design[seen]).all() and np.isfinite(outcome[seen]).all()):
        raise EstimationError(
            "a predictor or an outcome of an observed visit is NaN or infinite; expected finite numbers; check the contract"
        )
    together = seen.T.astype(np.int64) @ seen.astype(np.int64)
    if int(together.min()) < 2:
        first, second = np.unravel_index(int(together.argmin()), together.shape)
        raise EstimationError(
            f"{int(together.min())} subject(s) are observed at both visit {first + 1} and visit {second + 1}; expected two or "
            "more, without whom an unstructured covariance is unknown; leave a visit out"
        )
    _require_rank(design[seen])
    return _grouped(design, outcome)


def without(moments: tuple[VisitMoments, ...], design: Vector, outcome: Vector) -> tuple[VisitMoments, ...]:
    """Return ``moments`` without the subjects of ``design`` and ``outcome``, who are among those of the moments."""
    fewer = {one.visits.tobytes(): one for one in _grouped(design, outcome)}
    found = []
    for one in moments:
        less = fewer.get(one.visits.tobytes())
        if less is None:
            found.append(one)
        elif one.n > less.n:
            found.append(VisitMoments(one.visits, one.n - less.n, one.products - less.products))
    return tuple(found)


def _grouped(design: Vector, outcome: Vector) -> tuple[VisitMoments, ...]:
    seen = ~np.isnan(outcome)
    joined = np.concatenate([design, np.where(seen, outcome, 0.0)[:, :, None]], axis=2)
    found = []
    for pattern in np.unique(seen[seen.any(axis=1)], axis=0):
        same = (seen == pattern).all(axis=1)
        chosen = np.flatnonzero(pattern)
        flat = joined[np.ix_(same, chosen)].reshape(int(same.sum()), -1)
        size = joined.shape[2]
        square = (flat.T @ flat).reshape(len(chosen), size, len(chosen), size).transpose(0, 2, 1, 3)
        found.append(VisitMoments(chosen, len(flat), np.ascontiguousarray(square)))
    return tuple(found)


def _require_rank(rows: Vector) -> None:
    predictors = rows.shape[1]
    scale = np.sqrt((rows**2).mean(axis=0))
    rank = int(np.linalg.matrix_rank(rows / np.where(scale > 0, scale, 1.0)))
    if rank < predictors:
        raise EstimationError(
            f"the {predictors} predictors of the visits have rank {rank}; expected as many as predictors; leave out a covariate "
            "or its interaction with the visit, or merge levels that few subjects have"
        )
    if len(rows) <= predictors:
        raise EstimationError(
            f"{len(rows)} outcomes are observed for {predictors} predictors; expected more; use fewer covariates"
        )
