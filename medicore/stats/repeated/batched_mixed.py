"""The mixed model for repeated measures in many resamples at once, by scoring."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.repeated.covariance_parameters import elements

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST_STEPS = 60
PRECISION = 1e-9
"""The largest change of a covariance in one step, as a share of the largest variance, at which a model is fitted."""


@dataclass(frozen=True, slots=True)
class BatchedMoments:
    """The subjects who were observed at the same ``visits``, ``(t,)``, in R resamples: how many, ``n`` ``(R,)``.

    ``products``, ``(R, t, t, p + 1, p + 1)``, are as those of ``VisitMoments``.
    """

    visits: NDArray[np.intp]
    n: Vector
    products: Vector


def fit_batched(
    moments: Sequence[BatchedMoments], start: Vector, *, restricted: bool
) -> tuple[Vector, Flags]:
    """Return the coefficients of every resample, ``(R, p)``, and which models reached their maximum, ``(R,)``.

    The maximum is that of ``fit_mixed``. From ``start``, ``(T, T)``, each step goes along the slopes of the (restricted)
    likelihood by the elements of the covariance, divided by the mean curvature of the likelihood (Jennrich & Schluchter, 1986), so
    that the maximum is reached in more steps than by Newton's method, each of which is short. No product is one that a BLAS
    library splits among threads.
    """
    resamples = len(moments[0].n)
    covariance = np.repeat(start[None], resamples, axis=0)
    coefficients = np.zeros((resamples, moments[0].products.shape[-1] - 1))
    reached: Flags = np.zeros(resamples, dtype=bool)
    lost: Flags = np.zeros(resamples, dtype=bool)
    with np.errstate(all="ignore"):  # what comes of a singular matrix is no maximum
        for _ in range(MOST_STEPS):
            going = np.flatnonzero(~reached & ~lost)
            if not len(going):
                break
            some = [BatchedMoments(one.visits, one.n[going], one.products[going]) for one in moments]
            try:
                found, step = _step(some, covariance[going], restricted=restricted)
            except np.linalg.LinAlgError:
                break
            moved = covariance[going] + step
            coefficients[going] = found
            size = np.abs(step).max(axis=(1, 2)) / moved.diagonal(axis1=1, axis2=2).max(axis=1)
            regular: Flags = np.asarray(np.isfinite(moved).all(axis=(1, 2)), dtype=np.bool_)
            regular[regular] = np.linalg.eigvalsh(moved[regular])[:, 0] > 0
            covariance[going[regular]] = moved[regular]
            lost[going[~regular]] = True
            reached[going[regular & (size <= PRECISION)]] = True
    return coefficients, reached


def _step(
    moments: Sequence[BatchedMoments], covariance: Vector, *, restricted: bool
) -> tuple[Vector, Vector]:
    """Return the generalised least-squares coefficients, ``(R, p)``, and the change of the covariance, ``(R, T, T)``."""
    visits = covariance.shape[1]
    weights = [np.linalg.inv(covariance[:, one.visits[:, None], one.visits]) for one in moments]
    crossed = sum(
        np.einsum("rab,rabpq->rpq", weight, one.products)
        for weight, one in zip(weights, moments, strict=True)
    )
    spread = np.linalg.inv(crossed[:, :-1, :-1])
    coefficients = np.einsum("rpq,rq->rp", spread, crossed[:, :-1, -1])
    about = np.concatenate([-coefficients, np.ones((len(coefficients), 1))], axis=1)
    # the residuals' products, and with restricted likelihood what the coefficients' own error adds to them
    outer = about[:, :, None] * about[:, None, :]
    if restricted:
        outer[:, :-1, :-1] += spread
    slopes = np.zeros_like(covariance)
    curvature = np.zeros((len(covariance), *4 * (visits,)))
    for weight, one in zip(weights, moments, strict=True):
        seen = np.einsum("rabpq,rpq->rab", one.products, outer)
        inside = one.n[:, None, None] * weight - weight @ seen @ weight
        place = np.ix_(one.visits, one.visits)
        slopes[:, place[0], place[1]] += inside
        fourth = one.n[:, None, None, None, None] * np.einsum("rad,rbc->rabcd", weight, weight)
        a, b, c, d = np.ix_(*4 * (one.visits,))
        curvature[:, a, b, c, d] += fourth
    free = elements(visits)
    mean = np.einsum("ricd,jcd->rij", np.einsum("iab,rabcd->ricd", free, curvature), free)
    score = np.einsum("iab,rab->ri", free, slopes)
    change = np.linalg.solve(mean, score[:, :, None])[:, :, 0]
    return coefficients, -np.einsum("ri,iab->rab", change, free)
