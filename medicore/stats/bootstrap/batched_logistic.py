"""Unpenalised logistic regressions of many resamples at once, by Newton's method on resampling counts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.bootstrap.resampling import (
    Counts,
    Layout,
    Vector,
    linear_predictors,
    unpacked,
    weighted_sums,
)

Flags = NDArray[np.bool_]

NEWTON_STEPS = 25
LAST_STEP = 1e-5
"""A Newton step this small, in coefficients of standardised columns, is the last; the next would be about its square."""
PROVED_STEP = 1e-7
"""Tolerance for the Newton step that remains at the end: the information-weighted root mean square change of the linear
predictors. Below it the maximum is reached, even when the columns are nearly dependent."""
OVERSHOT = -0.5
"""A step is halved when the slope of the likelihood at its end is below this multiple of the slope at its start."""
SEPARATED_PREDICTOR = 16.0
"""A subject whose linear predictor is this large has a fitted probability within 1.2e-7 of 0 or 1."""
PIVOT_TOLERANCE = 1e-12
"""Squared share of a column's length outside the span of the earlier columns, below which the rank is deficient."""
LARGEST_EXPONENT = 300.0
"""Limit on linear predictors that keeps the weights of a diverging replicate finite; exp(−300) is below any real fit."""


@dataclass(frozen=True, slots=True)
class LogisticDesign:
    """A logistic regression arranged for resampling.

    ``away`` is ``(blocks, q, length)``: the basis times −1 where the label is true and +1 where it is false, so
    exp(θ · away) is the odds against each subject's own label. ``products`` are the packed products of the basis,
    ``start`` is the full sample's maximum, ``(q,)``, ``parts`` are the blocks on which the model is fitted.
    """

    away: Vector
    products: Vector
    start: Vector
    parts: tuple[slice, ...]

    @classmethod
    def of(
        cls,
        layout: Layout,
        basis: Vector,
        label: NDArray[np.bool_],
        products: Vector,
        start: Vector,
        arms: tuple[int, ...],
    ) -> "LogisticDesign":
        """Return the design of ``label``, ``(n,)``, on ``basis``, ``(n, q)``, within ``arms``."""
        away = layout.spread(basis * np.where(label, -1.0, 1.0)[:, None])
        return cls(away, products, start, tuple(part for arm in arms for part in layout.parts(arm)))

    def odds_against(self, theta: Vector, part: slice) -> Vector:
        """Return (1 − π)/π, ``(blocks, replicates, length)``; π is the fitted probability of a subject's own label."""
        odds = linear_predictors(theta, self.away[part])
        np.minimum(odds, LARGEST_EXPONENT, out=odds)
        return np.exp(odds, out=odds)

    def odds_at_start(self, part: slice) -> Vector:
        """Return the odds against each subject's own label at the full sample's maximum, ``(blocks, 1, length)``."""
        predictor = np.einsum("j,kjs->ks", self.start, self.away[part])
        odds: Vector = np.exp(np.minimum(predictor, LARGEST_EXPONENT))[:, None]
        return odds

    def score(self, counts: Vector, odds: Vector, part: slice) -> Vector:
        """Return the score of a part, Σ c(1 − π)·∂η, ``(replicates, q)``."""
        weights = odds + 1
        np.divide(odds, weights, out=weights)
        weights *= counts
        return -weighted_sums(weights, self.away[part])


@dataclass(frozen=True, slots=True)
class LogisticReplicates:
    """Coefficients of each replicate, ``(replicates, q)``, before convergence is verified, and failure flags.

    ``information`` is the information matrix at the last Newton step. The flags are ``(replicates,)``:
    ``rank_lost`` when the resample's columns are dependent, ``separated`` when its likelihood has no maximum,
    ``stuck`` when Newton's method failed for any other reason.
    """

    theta: Vector
    information: Vector
    rank_lost: Flags
    separated: Flags
    stuck: Flags

    def proved(self, score: Vector, subjects: int) -> Flags:
        """Return whether each replicate is at its maximum, given its score at ``theta``, ``(replicates, q)``.

        The Newton decrement, step · score, is the sum over the subjects of the weighted squared change of the linear
        predictor.
        """
        left, solved = solve_positive(self.information, score)
        decrement = np.einsum("bj,bj->b", left, score)
        small: Flags = solved & (decrement <= PROVED_STEP**2 * subjects)
        return small


def fit_replicates(counts: Counts, design: LogisticDesign) -> LogisticReplicates:
    """Return the maximum likelihood fits of all replicates; each fit starts from the full sample's maximum.

    ``counts`` is ``(blocks, replicates, length)``. Each Newton step is one product of the weights with the packed
    products of the covariates. A step is halved when the slope of the likelihood changes sign along it. The likelihood
    is concave, so the slopes at both ends suffice and the likelihood itself is not computed. A replicate that has
    ended stays fixed, and it never depends on the other replicates.
    """
    replicates = counts.shape[1]
    theta = np.tile(design.start, (replicates, 1))
    step, slope = np.zeros_like(theta), np.zeros(replicates)
    information = np.zeros((replicates, theta.shape[1], theta.shape[1]))
    running = np.ones(replicates, dtype=bool)
    dependent = np.zeros(replicates, dtype=bool)
    ended = np.zeros(replicates, dtype=bool)
    for iteration in range(NEWTON_STEPS):
        score, current = _derivatives(counts, design, theta, iteration == 0)
        overshot = running & (np.einsum("bj,bj->b", score, step) < OVERSHOT * slope)
        moving = running & ~overshot
        information[moving] = current[moving]
        newton, solved = solve_positive(information, score)
        if iteration == 0:
            dependent = ~solved
        running &= solved
        moving &= solved
        step[overshot] /= 2
        slope[overshot] /= 2
        theta[overshot] -= step[overshot]
        step[moving] = newton[moving]
        slope[moving] = np.einsum("bj,bj->b", score, newton)[moving]
        theta[moving] += step[moving]
        last = moving & (np.abs(step).max(axis=1) <= LAST_STEP)
        ended |= last
        running &= ~last
        if not running.any():
            break
    separated = np.zeros(replicates, dtype=bool)
    for row in np.flatnonzero(~ended):
        separated[row] = _largest_predictor(counts, design, theta, int(row)) > SEPARATED_PREDICTOR
    stuck = ~(ended | dependent | separated)
    return LogisticReplicates(theta, information, dependent & ~separated, separated, stuck)


def _derivatives(
    counts: Counts, design: LogisticDesign, theta: Vector, common: bool
) -> tuple[Vector, Vector]:
    """Return score, ``(replicates, q)``, and information, ``(replicates, q, q)``, of every replicate.

    ``common`` says that all replicates have the same coefficients and the same fitted probabilities.
    """
    score = np.zeros_like(theta)
    packed = np.zeros((len(theta), design.products.shape[1]))
    for part in design.parts:
        odds = design.odds_at_start(part) if common else design.odds_against(theta, part)
        own = odds + 1
        np.reciprocal(own, out=own)
        odds *= own
        weights = counts[part].astype(np.float64)
        weights *= odds
        score -= weighted_sums(weights, design.away[part])
        weights *= own
        packed += weighted_sums(weights, design.products[part])
    return score, unpacked(packed, theta.shape[1])


def _largest_predictor(counts: Counts, design: LogisticDesign, theta: Vector, row: int) -> float:
    """Return the largest absolute linear predictor among the subjects of one resample."""
    largest = 0.0
    for part in design.parts:
        predictor = np.einsum("j,kjs->ks", theta[row], design.away[part])
        largest = max(largest, float(np.abs(predictor[counts[part, row] > 0]).max(initial=0.0)))
    return largest


def solve_positive(matrices: Vector, right: Vector) -> tuple[Vector, Flags]:
    """Return the solutions of ``(b, q, q)`` systems, ``(b, q)``, and which of them are positive definite.

    A matrix counts as singular when a pivot of its Cholesky factorisation is at most PIVOT_TOLERANCE times its
    diagonal element. The solution of a singular system is 0.
    """
    fit = _smallest_pivot(matrices) > PIVOT_TOLERANCE
    solved: Vector = np.zeros_like(right)
    solved[fit] = np.linalg.solve(matrices[fit], right[fit, :, None])[:, :, 0]
    return solved, fit


def _smallest_pivot(matrices: Vector) -> Vector:
    """Return each matrix's smallest Cholesky pivot as a share of the diagonal; 0 where the factorisation fails."""
    try:
        factors = np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        if len(matrices) == 1:
            return np.zeros(1)
        return np.concatenate([_smallest_pivot(matrices[row : row + 1]) for row in range(len(matrices))])
    pivots = np.einsum("bjj->bj", factors) ** 2 / np.einsum("bjj->bj", matrices)
    smallest: Vector = pivots.min(axis=1)
    return smallest
