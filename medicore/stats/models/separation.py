"""The columns of a design that cause separation or near collinearity in a logistic regression."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from medicore.stats.given import checked
from medicore.stats.models.design import StandardisedDesign
from medicore.stats.models.logistic import SEPARATION_STANDARD_ERROR, LogisticFit

Vector = NDArray[np.float64]

COLLINEAR_SHARE = 1e-3
"""A standardised column is nearly collinear when its share outside the span of all others is smaller than this."""


@checked
def separating_columns(x: Vector, treated: NDArray[np.bool_]) -> tuple[int, ...]:
    """Return the columns of ``x``, ``(n, p)``, that separate the arms on their own, completely or quasi-completely.

    In such a column all treated values are at or above all control values, or all are at or below them; the two arms
    may share one value (Albert & Anderson, 1984, sections 3 and 4, for one covariate). A constant column is not one.
    """
    found = []
    for index, column in enumerate(x.T):
        one, other = column[treated], column[~treated]
        apart = one.max() <= other.min() or other.max() <= one.min()
        if apart and column.min() < column.max():
            found.append(index)
    return tuple(found)


def undetermined_columns(fit: LogisticFit) -> tuple[int, ...]:
    """Return the columns whose standardised coefficient has a standard error above SEPARATION_STANDARD_ERROR."""
    errors = np.sqrt(np.diag(fit.covariance))[1:]
    return tuple(fit.design.kept[place] for place in np.flatnonzero(errors > SEPARATION_STANDARD_ERROR))


def collinear_columns(design: StandardisedDesign) -> tuple[int, ...]:
    """Return the columns of a design that are nearly a linear combination of the others.

    The share of a standardised column outside the span of the others is 1/√VIF; the variance inflation factors (VIF)
    are the diagonal of the inverse correlation matrix (Marquardt, 1970). The share of a column in the model is never 0.
    """
    if not design.kept:
        return ()
    inverse = solve_triangular(design.triangle, np.eye(len(design.kept)))
    outside = 1 / np.linalg.norm(inverse, axis=1)
    return tuple(design.kept[place] for place in np.flatnonzero(outside < COLLINEAR_SHARE))


def dependent_columns(x: Vector, design: StandardisedDesign) -> tuple[int, ...]:
    """Return the columns of ``x``, ``(n, p)``, that vary and are linear combinations of earlier ones."""
    return tuple(index for index in design.aliased if x[:, index].min() < x[:, index].max())
