"""Firth's penalised logistic regressions of many resamples at once, by Fisher scoring on resampling counts."""

from dataclasses import dataclass

import numpy as np

from medicore.stats.bootstrap.batched_logistic import (
    Flags,
    LogisticDesign,
    LogisticReplicates,
    solve_positive,
)
from medicore.stats.bootstrap.resampling import (
    PRODUCT_LIMIT,
    TILE,
    Counts,
    Vector,
    linear_predictors,
    unpacked,
    weighted_sums,
)
from medicore.stats.models.firth import EXTRAPOLATED, LARGEST_RATIO

STEPS = 200
LAST_STEP = 1e-8
"""A step this small, in coefficients of standardised columns, is the last."""
LONGEST_STEP = 2.0
"""The largest change of a coefficient in one step."""


@dataclass(frozen=True, slots=True)
class FirthReplicates(LogisticReplicates):
    """Coefficients of each replicate; a penalised likelihood has a maximum, so that none is separated."""

    def proved(self, score: Vector, subjects: int) -> Flags:  # noqa: ARG002 - its score is another than that given
        """Return whether each replicate's own steps ended at its maximum, ``(replicates,)``."""
        return ~(self.stuck | self.rank_lost)


def fit_firth_replicates(counts: Counts, design: LogisticDesign) -> FirthReplicates:
    """Return the penalised fits of all replicates; each starts from the full sample's maximum.

    ``counts`` is ``(blocks, replicates, length)``. The leverage of a subject is v·x′I⁻¹x, v the variance of its outcome, and a
    subject that was drawn c times gives c times its part of the score (Firth, 1993, section 3). A replicate that has ended
    stays fixed, and never depends on the other replicates.
    """
    replicates = counts.shape[1]
    theta = np.tile(design.start, (replicates, 1))
    information = np.zeros((replicates, theta.shape[1], theta.shape[1]))
    running = np.ones(replicates, dtype=bool)
    dependent = np.zeros(replicates, dtype=bool)
    before = np.zeros_like(theta)
    for iteration in range(STEPS):
        current = _information(counts, design, theta)
        inverse = np.zeros_like(current)
        identity = np.eye(theta.shape[1])
        solved = np.ones(replicates, dtype=bool)
        for column in range(theta.shape[1]):
            inverse[:, :, column], solved = solve_positive(
                current, np.tile(identity[column], (replicates, 1))
            )
        if iteration == 0:
            dependent = ~solved
        running &= solved
        score = _score(counts, design, theta, inverse)
        step = np.einsum("bij,bj->bi", inverse, score)
        still = np.abs(step).max(axis=1) > LAST_STEP
        factor = _lengthening(step, before)
        if iteration % EXTRAPOLATED < EXTRAPOLATED - 1:
            factor = np.minimum(factor, 1.0)
        before = step
        step = step * factor
        step *= LONGEST_STEP / np.maximum(np.abs(step).max(axis=1), LONGEST_STEP)[:, None]
        information[running] = current[running]
        theta[running] += step[running]
        running &= still
        if not running.any():
            break
    ended = ~running & ~dependent
    # What could not be solved later on has left the loop without an end.
    ended &= _ended(information)
    never = np.zeros(replicates, dtype=bool)
    return FirthReplicates(theta, information, dependent, never, ~(ended | dependent))


def _lengthening(step: Vector, before: Vector) -> Vector:
    """Return the factor of each replicate's step, ``(replicates, 1)``, as ``firth.lengthening`` does.

    It is below 1 where steps alternate, so that these end as well.
    """
    length = np.einsum("bj,bj->b", before, before)
    ratio = np.einsum("bj,bj->b", step, before) / np.where(length > 0, length, 1.0)
    told = (length > 0) & (ratio < LARGEST_RATIO)
    factor: Vector = np.where(told, 1 / (1 - np.where(told, ratio, 0.0)), 1.0)[:, None]
    return factor


def _ended(information: Vector) -> Flags:
    """Return which replicates have an information matrix, ``(replicates,)``."""
    found: Flags = np.einsum("bjj->b", information) > 0
    return found


def _information(counts: Counts, design: LogisticDesign, theta: Vector) -> Vector:
    """Return the information of every replicate, ``(replicates, q, q)``."""
    packed = np.zeros((len(theta), design.products.shape[1]))
    for part in design.parts:
        own = 1 / (1 + design.odds_against(theta, part))
        packed += weighted_sums(counts[part] * (own * (1 - own)), design.products[part])
    return unpacked(packed, theta.shape[1])


def _score(counts: Counts, design: LogisticDesign, theta: Vector, inverse: Vector) -> Vector:
    """Return the penalised score of every replicate, ``(replicates, q)``, given the inverse of its information."""
    rows, columns = np.triu_indices(theta.shape[1])
    packed = inverse[:, rows, columns] * np.where(rows == columns, 1.0, 2.0)
    score = np.zeros_like(theta)
    for part in design.parts:
        own = 1 / (1 + design.odds_against(theta, part))
        leverage = own * (1 - own) * _quadratic(packed, design.products[part])
        score -= weighted_sums(counts[part] * (1 - own + leverage * (0.5 - own)), design.away[part])
    return score


def _quadratic(packed: Vector, products: Vector) -> Vector:
    """Return the quadratic forms of every subject, ``(blocks, replicates, length)``, in products of limited size."""
    width = max(1, PRODUCT_LIMIT // (TILE * products.shape[2]))
    found = np.zeros((len(products), len(packed), products.shape[2]))
    for first in range(0, packed.shape[1], width):
        after = first + width
        found += linear_predictors(
            np.ascontiguousarray(packed[:, first:after]), np.ascontiguousarray(products[:, first:after])
        )
    return found
