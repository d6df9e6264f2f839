"""Kang and Schafer's data, from a seed: both models are right in Z and wrong in X, and the effect is none."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

N = 1_000
SEEDS = (1, 2)
DESIGNS = (("Z", "Z"), ("X", "Z"), ("Z", "X"), ("X", "X"))
"""Of the propensity model and of the outcome model."""
TRANSFORMED = "X"


def kang_schafer(
    seed: int, n: int = N
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.bool_], NDArray[np.float64]]:
    """Return the designs Z and X, ``(n, 4)``, who is treated, ``(n,)``, and the outcome, ``(n,)``.

    Kang & Schafer (2007), section 1.4, with the effect of 0 that treatment has there. Normal deviates are
    quantiles of uniform numbers of PCG64, a stream that numpy promises to keep.
    """
    uniform = np.random.Generator(np.random.PCG64(seed)).random((n, 6))
    z, noise = ndtri(uniform[:, :4]), ndtri(uniform[:, 4])
    chance = 1 / (1 + np.exp(z[:, 0] - 0.5 * z[:, 1] + 0.25 * z[:, 2] + 0.1 * z[:, 3]))
    outcome = 210 + 27.4 * z[:, 0] + 13.7 * z[:, 1:].sum(axis=1) + noise
    x = np.column_stack(
        [
            np.exp(z[:, 0] / 2),
            z[:, 1] / (1 + np.exp(z[:, 0])) + 10,
            (z[:, 0] * z[:, 2] / 25 + 0.6) ** 3,
            (z[:, 1] + z[:, 3] + 20) ** 2,
        ]
    )
    return {"Z": z, "X": x}, uniform[:, 5] < chance, outcome
