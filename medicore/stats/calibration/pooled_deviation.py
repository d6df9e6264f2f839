"""The standard deviation within the arms, by which differences of unlike outcomes become comparable."""

import numpy as np
from numpy.typing import NDArray

from medicore.stats.given import checked


@checked
def pooled_deviation(treated: NDArray[np.bool_], outcome: NDArray[np.float64]) -> float:
    """Return the pooled standard deviation within the arms, √(Σ(n_a − 1)s_a²/(n − 2)), s_a² with ddof 1 (Cohen, 1988, p. 67).

    ``treated`` and ``outcome`` are ``(n,)``; each arm has a subject, and the arms three together. The difference of the arms
    is no part of it. Raises EstimationError for arrays of another kind, and for an empty arm.
    """
    squares = sum(float(((outcome[arm] - outcome[arm].mean()) ** 2).sum()) for arm in (treated, ~treated))
    return float(np.sqrt(squares / (len(outcome) - 2)))
