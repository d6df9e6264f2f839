"""Which columns of a design stand behind a logistic regression that has no maximum, or none in sight."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from medicore.stats.models.logistic import SEPARATION_STANDARD_ERROR, LogisticFit

Vector = NDArray[np.float64]

COLLINEAR_SHARE = 1e-3
"""A standardised column with a smaller share than this outside the span of all others is nearly collinear."""


def separating_columns(x: Vector, treated: NDArray[np.bool_]) -> tuple[int, ...]:
    """Return the columns of ``x``, ``(n, p)``, each of which separates the arms alone, completely or quasi.

    In such a column no treated subject lies below a control, or none above; they may meet in one value
    (Albert & Anderson, 1984, sections 3 and 4, for one covariate). A constant column separates nobody.
    """
    found = []
    for index, column in enumerate(x.T):
        one, other = column[treated], column[~treated]
        apart = one.max() <= other.min() or other.max() <= one.min()
        if apart and column.min() < column.max():
            found.append(index)
    return tuple(found)


def undetermined_columns(fit: LogisticFit) -> tuple[int, ...]:
    """Return the columns whose standardised coefficient has a standard error over SEPARATION_STANDARD_ERROR."""
    errors = np.sqrt(np.diag(fit.covariance))[1:]
    return tuple(fit.design.kept[place] for place in np.flatnonzero(errors > SEPARATION_STANDARD_ERROR))


def collinear_columns(fit: LogisticFit) -> tuple[int, ...]:
    """Return the columns that are nearly a linear combination of the others.

    The share of a standardised column outside the span of the others is 1/√VIF, the diagonal of the inverse
    correlation matrix being the variance inflation factors (Marquardt, 1970); that of a column which the model
    keeps is never 0.
    """
    columns = fit.design.columns / np.sqrt(len(fit.design.columns))
    triangle = np.asarray(np.linalg.qr(columns, mode="r"))
    inverse = solve_triangular(triangle, np.eye(len(triangle)))
    outside = 1 / np.linalg.norm(inverse, axis=1)
    return tuple(fit.design.kept[place] for place in np.flatnonzero(outside < COLLINEAR_SHARE))
