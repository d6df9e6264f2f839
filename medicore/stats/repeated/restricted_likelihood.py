"""The restricted likelihood of repeated outcomes at one covariance matrix, with its slopes and curvature."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.repeated.covariance_parameters import elements
from medicore.stats.repeated.visit_moments import VisitMoments

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Likelihood:
    """A covariance matrix, and what it makes of the outcomes.

    ``coefficients``, ``(p,)``, are the generalised least-squares ones and ``spread``, ``(p, p)``, is their covariance.
    ``value`` is the log-likelihood. Of minus twice the log-likelihood, ``gradient``, ``(k,)``, and ``observed``, ``(k, k)``,
    are the slopes and the curvature along the k free elements of the covariance; ``expected``, ``(k, k)``, is the mean
    curvature. ``moved``, ``(k, p, p)``, are the slopes of the inverse of ``spread``.
    """

    covariance: Vector
    coefficients: Vector
    spread: Vector
    value: float
    gradient: Vector
    observed: Vector
    expected: Vector
    moved: Vector


def likelihood_at(
    moments: tuple[VisitMoments, ...], covariance: Vector, *, restricted: bool = True
) -> Likelihood:
    """Return the likelihood at ``covariance``, ``(T, T)``, positive definite.

    With V = Σ over each subject's visits, P = V⁻¹ − V⁻¹XΦXᵀV⁻¹ and E an element of the covariance, minus twice the
    restricted log-likelihood has the slope tr(PE) − yᵀPEPy and the curvature −tr(PEPE') + 2yᵀPEPE'Py (Patterson & Thompson,
    1971; Gilmour, Thompson & Cullis, 1995, equations 3 to 5). Without ``restricted`` it is the likelihood itself, with V⁻¹ for
    P in the traces. ``value`` is as SAS and R's mmrm have it, without log|XᵀX|.
    """
    visits = len(covariance)
    weights = [one.weight(covariance) for one in moments]
    crossed = np.sum(
        [np.tensordot(weight, one.products, 2) for weight, one in zip(weights, moments, strict=True)], axis=0
    )
    spread: Vector = np.linalg.inv(crossed[:-1, :-1])
    coefficients: Vector = spread @ crossed[:-1, -1]
    whole, count = crossed[:-1, :-1], 0
    slopes = np.zeros((visits, visits))
    second, mean = np.zeros((2, visits, visits, visits, visits))
    moved = np.zeros((visits, visits, *whole.shape))
    score = np.zeros((visits, visits, len(whole)))
    distance = 0.0
    for weight, one in zip(weights, moments, strict=True):
        products = weighted_products(one, weight, coefficients)
        residual = products[:, :, -1, -1]
        fitted = np.tensordot(products[:, :, :-1, :-1], spread, 2) if restricted else 0 * residual
        full, four = np.ix_(one.visits, one.visits), np.ix_(*4 * (one.visits,))
        slopes[full] += one.n * weight - fitted - residual
        second[four] += _outer(2 * fitted + 2 * residual - one.n * weight, weight)
        mean[four] += _outer(one.n * weight - 2 * fitted, weight)
        moved[full] -= products[:, :, :-1, :-1]
        score[full] += products[:, :, :-1, -1]
        inside = covariance[full]
        distance += float((residual * inside).sum()) + one.n * float(np.linalg.slogdet(inside)[1])
        count += one.n * len(one.visits)
    free = elements(visits)
    moved_free = np.tensordot(free, moved, 2)
    score_free = np.tensordot(free, score, 2)
    through = spread @ moved_free
    fixed = np.tensordot(through, through.transpose(0, 2, 1), ((1, 2), (1, 2))) if restricted else 0.0
    rank = len(whole) if restricted else 0
    lost = float(np.linalg.slogdet(whole)[1]) if restricted else 0.0
    return Likelihood(
        covariance,
        coefficients,
        spread,
        value=-(distance + lost + (count - rank) * float(np.log(2 * np.pi))) / 2,
        gradient=np.tensordot(free, slopes, 2),
        observed=_along(free, second) - fixed - 2 * score_free @ spread @ score_free.T,
        expected=_along(free, mean) + fixed,
        moved=moved_free,
    )


def weighted_products(one: VisitMoments, weight: Vector, coefficients: Vector) -> Vector:
    """Return the products of V⁻¹z, residuals in the outcome's place, ``(t, t, p + 1, p + 1)``."""
    half = np.tensordot(weight, one.about(coefficients), 1)
    made: Vector = np.tensordot(half, weight, ((1,), (0,))).transpose(0, 3, 1, 2)
    return made


def _outer(one: Vector, weight: Vector) -> Vector:
    """Return one(a, d) · weight(b, c) as ``(a, b, c, d)``."""
    made: Vector = one[:, None, None, :] * weight[None, :, :, None]
    return made


def _along(free: Vector, fourth: Vector) -> Vector:
    """Return a form of two matrices, ``(T, T, T, T)``, along the free elements, ``(k, k)``."""
    made: Vector = np.tensordot(np.tensordot(free, fourth, 2), free, ((1, 2), (1, 2)))
    return (made + made.T) / 2
