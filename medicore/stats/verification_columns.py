"""The columns of the second implementation, and the leverages of subjects in fits on them."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lstsq, pinv, qr, svd

Vector = NDArray[np.float64]

ALIASED = 1e-8
"""Share of a column's length outside the span of those before it, below which it is left out."""
DETERMINED = 1e-10
"""What a leverage may lack to 1 where the subject alone determines a parameter."""


def whitened(x: Vector, rows: NDArray[np.bool_]) -> Vector:
    """Return, for everybody, ``(n, q)`` columns that are orthogonal with mean square 1 within ``rows``.

    They span the intercept and those columns of ``x`` that are not aliased within ``rows``.
    """
    low, high = x[rows].min(axis=0, initial=np.inf), x[rows].max(axis=0, initial=-np.inf)
    wide = high > low
    unit = (x[:, wide] - (low + high)[wide] / 2) / (high - low)[wide]
    columns = np.column_stack([np.ones(len(x)), unit])
    columns = columns[:, unaliased(columns[rows])]
    _, lengths, rotation = svd(columns[rows], full_matrices=False)
    whitened: Vector = columns @ (rotation.T / lengths) * np.sqrt(rows.sum())
    return whitened


def unaliased(columns: Vector) -> list[int]:
    """Return the columns that are not linear combinations of those before them."""
    (triangle,) = qr(columns, mode="r")
    centre = np.linalg.norm(triangle[1:], axis=0)
    kept = [0]
    for column in range(1, columns.shape[1]):
        target, before = triangle[:, column], triangle[:, kept]
        outside = np.linalg.norm(target - before @ lstsq(before, target)[0])
        if outside > ALIASED * centre[column]:
            kept.append(column)
    return kept


def hat_diagonal(columns: Vector, spread: Vector) -> Vector:
    """Return the diagonal of the hat matrix of a weighted fit on ``columns``, ``(m, q)``, ``(m,)``.

    ``spread`` is the variance of each subject's outcome, ``(m,)``; its square root multiplies the rows. The diagonal
    of X(X'X)⁻¹X' is the sum of the products of X and its pseudo-inverse (Hoaglin & Welsch, 1978).
    """
    weighted = columns * np.sqrt(spread)[:, None]
    diagonal: Vector = np.einsum("ij,ji->i", weighted, pinv(weighted))
    return diagonal


def evened(columns: Vector, spread: Vector, gap: Vector) -> Vector:
    """Return the weights of the rows, ``(m,)``, least in squares over the variance, whose weighted columns add up to the gap.

    The rows of ``columns``, ``(m, q)``, are multiplied by the variance ``spread``, ``(m,)``, where they are added to ``gap``,
    ``(q,)``; what minimises Σδ²v under Σδvx = gap is how much a weighted fit on the columns makes each outcome count.
    A row without variance gets 0.
    """
    root = np.sqrt(spread)
    least: Vector = lstsq((columns * root[:, None]).T, gap)[0]
    return np.divide(least, root, out=np.zeros_like(root), where=root > 0)


def lengthened(residual: Vector, leverage: Vector) -> Vector:
    """Return by how much residuals are lengthened when they are divided by √(1 − leverage), ``(m,)``."""
    longer = np.zeros(len(residual))
    free = leverage < 1 - DETERMINED
    longer[free] = residual[free] * (np.power(1 - leverage[free], -0.5) - 1)
    return longer
