"""Negative controls whose systematic error is known."""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def drawn(
    seed: int, k: int = 15, mean: float = 0.2, deviation: float = 0.3, error: float = 0.2
) -> tuple[Vector, Vector]:
    """Return estimates and standard errors of ``k`` controls."""
    random = np.random.default_rng(seed)
    errors = error * random.uniform(0.5, 1.5, k)
    return mean + random.normal(0, np.sqrt(errors**2 + deviation**2)), errors
