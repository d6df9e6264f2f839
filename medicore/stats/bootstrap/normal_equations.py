"""Cross-products and their triangular factor; the result has the same bits for every number of threads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.bootstrap.resampling import PRODUCT_LIMIT

Vector = NDArray[np.float64]

LONGEST_BLOCK = 4096
"""Largest number of subjects in one product; a BLAS library splits longer vectors among threads."""
PIVOT_TOLERANCE = 1e-10
"""A row is aliased when the share of its squared length outside the span of the earlier rows is at most this."""


def cross_products(rows: Vector, weights: Vector) -> Vector:
    """Return Σ w x xᵀ, ``(q, q)``, of ``(q, n)`` rows with ``(n,)`` weights of any sign.

    The sum runs over blocks of subjects in their order. Each product is small enough to stay on one thread of a BLAS
    library (see ``PRODUCT_LIMIT``).
    """
    size = len(rows)
    length = min(LONGEST_BLOCK, max(1, PRODUCT_LIMIT // size**2))
    total = np.zeros((size, size))
    for first in range(0, rows.shape[1], length):
        some = rows[:, first : first + length]
        total += (some * weights[first : first + length]) @ some.T
    return total


def linear_predictor(coefficients: Vector, rows: Vector) -> Vector:
    """Return Σ θ x, ``(n,)``, of ``(q, n)`` rows, summed row by row, so identical subjects get identical bits."""
    predictor = np.zeros(rows.shape[1])
    for coefficient, row in zip(coefficients, rows, strict=True):
        predictor += coefficient * row
    return predictor


@dataclass(frozen=True, slots=True)
class TriangularFactor:
    """The Cholesky factor L of cross-products A = LLᵀ, without aliased rows.

    ``kept`` are the indexes of the rows that are not aliased, out of ``size``; ``lower`` is
    ``(len(kept), len(kept))``.
    """

    lower: Vector
    kept: tuple[int, ...]
    size: int

    @classmethod
    def of(cls, products: Vector) -> "TriangularFactor":
        """Return the factor of ``products``, ``(q, q)``, by columns (Golub & Van Loan, 2013, section 4.2.5).

        A row is aliased when it is, within PIVOT_TOLERANCE, a linear combination of earlier rows.
        """
        size = len(products)
        lower = np.zeros((size, size))
        kept = []
        for place in range(size):
            column = products[place:, place] - (lower[place:, :place] * lower[place, :place]).sum(axis=1)
            if column[0] > PIVOT_TOLERANCE * products[place, place]:
                lower[place:, place] = column / np.sqrt(column[0])
                kept.append(place)
        return cls(lower[np.ix_(kept, kept)], tuple(kept), size)

    def solve(self, right: Vector) -> Vector:
        """Return A⁻¹b, ``(q,)``, 0 at aliased rows, for ``right`` b, ``(q,)``."""
        left = right[list(self.kept)].copy()
        for place in range(len(left)):
            left[place] /= self.lower[place, place]
            left[place + 1 :] -= self.lower[place + 1 :, place] * left[place]
        return self.spread(left)

    def spread(self, normal: Vector) -> Vector:
        """Return L⁻ᵀz, ``(q,)``, 0 at aliased rows, for ``normal`` z, ``(len(kept),)``.

        It turns independent standard normal numbers into normal numbers with covariance A⁻¹.
        """
        left = normal.copy()
        for place in reversed(range(len(left))):
            left[place] /= self.lower[place, place]
            left[:place] -= self.lower[place, :place] * left[place]
        spread = np.zeros(self.size)
        spread[list(self.kept)] = left
        return spread
