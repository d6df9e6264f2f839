"""Design matrices: standardisation, and which columns are linear combinations of earlier ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError

RANK_TOLERANCE = 1e-8
"""A standardised column is aliased when its share outside the span of the earlier columns is smaller than this."""
CONSTANT_TOLERANCE = 1e-12
"""A column whose standard deviation is at most this share of its largest value is constant."""

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StandardisedDesign:
    """Independent columns with mean 0 and standard deviation 1, and the means and scales to transform them back.

    ``columns`` is ``(n, q)``; ``kept`` and ``aliased`` are indexes of the given columns; ``means`` and ``scales`` are
    ``(q,)``. ``triangle``, ``(q, q)``, is the triangular factor R of their correlation matrix R'R.
    """

    columns: Matrix
    triangle: Matrix
    kept: tuple[int, ...]
    aliased: tuple[int, ...]
    means: Matrix
    scales: Matrix

    def basis(self, x: Matrix) -> Matrix:
        """Return the intercept and the standardised columns for any rows ``x``, ``(m, p)``, as ``(m, q + 1)``."""
        columns = (x[:, list(self.kept)] - self.means) / self.scales
        return np.column_stack([np.ones(len(x)), columns])

    def given_scale(self) -> Matrix:
        """Return the matrix, ``(p + 1, q + 1)``, that maps coefficients of the basis to those of the given columns.

        The intercept is first; the rows of aliased columns are 0.
        """
        back = np.zeros((len(self.kept) + len(self.aliased) + 1, len(self.kept) + 1))
        back[0, 0] = 1.0
        back[0, 1:] = -self.means / self.scales
        for place, index in enumerate(self.kept):
            back[index + 1, place + 1] = 1 / self.scales[place]
        return back


def standardise(x: Matrix) -> StandardisedDesign:
    """Return the independent columns of ``x``, ``(n, p)``, centred and scaled.

    Columns are processed from left to right. A column that is constant, or a linear combination of the intercept and
    the earlier columns, is aliased and left out. The test uses the column's diagonal element in the triangular factor
    of the QR decomposition, which is the length of its part outside the span of the earlier columns: the column is
    aliased when this is below RANK_TOLERANCE (Golub & Van Loan, 2013, section 5.2).

    Raises
    ------
    EstimationError
        When ``x`` has no rows, or holds a number that is not finite.
    """
    if len(x) == 0:
        raise EstimationError("0 subjects cannot carry a model; expected some; check arms and criteria")
    if not np.isfinite(x).all():
        raise EstimationError(
            "the design matrix holds NaN or infinity; expected finite numbers; check the contract"
        )
    means = x.mean(axis=0)
    centred = x - means
    scales = np.sqrt((centred**2).mean(axis=0))
    largest = np.abs(x).max(axis=0, initial=0.0)
    varying = np.flatnonzero(scales > CONSTANT_TOLERANCE * largest)
    kept, triangle = _independent(centred[:, varying] / scales[varying], varying)
    aliased = tuple(index for index in range(x.shape[1]) if index not in kept)
    chosen = list(kept)
    return StandardisedDesign(
        centred[:, chosen] / scales[chosen], triangle, kept, aliased, means[chosen], scales[chosen]
    )


def _independent(columns: Matrix, names: NDArray[np.intp]) -> tuple[tuple[int, ...], Matrix]:
    """Return the names of the columns that remain after dropping the first aliased column repeatedly, and their triangle."""
    while True:
        diagonal = np.zeros(columns.shape[1])
        triangle = np.asarray(np.linalg.qr(columns / np.sqrt(len(columns)), mode="r"))
        size = min(triangle.shape)
        diagonal[:size] = np.abs(np.diag(triangle))
        aliased = np.flatnonzero(diagonal < RANK_TOLERANCE)
        if len(aliased) == 0:
            return tuple(int(name) for name in names), triangle
        columns, names = np.delete(columns, aliased[0], axis=1), np.delete(names, aliased[0])
