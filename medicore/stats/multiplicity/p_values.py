"""The p-values of a family, as every adjustment takes them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError

Vector = NDArray[np.float64]


def given_p_values(p_values: Sequence[float]) -> Vector:
    """Return the p-values as an array, ``(m,)``.

    Raises
    ------
    EstimationError
        When there is none, or one is not a number from 0 to 1.
    """
    given = np.array(p_values, dtype=np.float64)
    if given.ndim != 1 or not given.size:
        raise EstimationError(
            f"the family's p-values have the shape {given.shape}; expected one for each hypothesis, (m,)"
        )
    wrong = int((~((given >= 0) & (given <= 1))).sum())
    if wrong:
        raise EstimationError(
            f"{wrong} of {given.size} p-values are outside 0 to 1; expected a probability for each hypothesis"
        )
    return given


def at_most_one(adjusted: Vector) -> tuple[float, ...]:
    """Return adjusted p-values, none above 1."""
    return tuple(float(value) for value in np.minimum(adjusted, 1.0))
