"""Design matrices: standardisation, and which columns are linear combinations of earlier ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError

# A column whose part outside the span of the columns before it is smaller than this share of its length is aliased.
RANK_TOLERANCE = 1e-9

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StandardisedDesign:
    """Independent columns with mean 0 and standard deviation 1, and the way back.

    ``columns`` is ``(n, q)``; ``kept`` and ``aliased`` are indices into the given columns; ``means`` and
    ``scales`` are ``(q,)``.
    """

    columns: Matrix
    kept: tuple[int, ...]
    aliased: tuple[int, ...]
    means: Matrix
    scales: Matrix


def standardise(x: Matrix) -> StandardisedDesign:
    """Return the independent columns of ``x``, ``(n, p)``, centred and scaled.

    Columns are taken from left to right; one that is constant, or a linear combination of the intercept and
    the columns already taken, is aliased and left out (modified Gram–Schmidt with reorthogonalisation).
    Raises EstimationError when ``x`` holds a number that is not finite.
    """
    if not np.isfinite(x).all():
        raise EstimationError(
            "the design matrix holds NaN or infinity; expected finite numbers; check the contract"
        )
    means = x.mean(axis=0)
    centred = x - means
    scales = np.sqrt((centred**2).mean(axis=0))
    reference = np.maximum(np.abs(means), scales)
    basis: list[Matrix] = []
    kept: list[int] = []
    aliased: list[int] = []
    for index in range(x.shape[1]):
        if scales[index] <= RANK_TOLERANCE * max(float(reference[index]), np.finfo(float).tiny):
            aliased.append(index)
            continue
        column = centred[:, index] / (scales[index] * np.sqrt(len(x)))
        for _ in range(2):
            for other in basis:
                column = column - (other @ column) * other
        length = float(np.sqrt(column @ column))
        if length <= np.sqrt(RANK_TOLERANCE):
            aliased.append(index)
        else:
            kept.append(index)
            basis.append(column / length)
    return StandardisedDesign(
        centred[:, kept] / scales[kept], tuple(kept), tuple(aliased), means[kept], scales[kept]
    )
