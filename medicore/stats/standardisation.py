"""Standardisation (g-computation): outcome models per arm, averaged over everybody."""

import numpy as np
from numpy.typing import NDArray

from medicore.stats.estimate import Estimate
from medicore.stats.linear import fit_linear

Vector = NDArray[np.float64]


def standardised_difference(x: Vector, treated: NDArray[np.bool_], outcome: Vector) -> Estimate:
    """Return mean(m1(x) − m0(x)), least squares per arm, with the stacked sandwich (ddof 0) as standard error.

    Robins (1986); variance by M-estimation over both outcome models (Stefanski & Boos, 2002).
    """
    models = [fit_linear(x, outcome, arm) for arm in (treated, ~treated)]
    contrast = models[0].predicted - models[1].predicted
    value = float(contrast.mean())
    influence = contrast - value
    for sign, model in zip((1.0, -1.0), models, strict=True):
        influence = influence + sign * model.influence @ model.basis.mean(axis=0)
    n = len(outcome)
    error = float(np.sqrt((influence**2).sum()) / n)
    return Estimate("ATE", "g-computation", value, error, "stacked sandwich, ddof 0", n)
