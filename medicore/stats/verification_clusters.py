"""The second implementation of the variance by clusters: products of the influences of every two subjects of one cluster."""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def clustered_spread(influence: Vector, clusters: NDArray[np.intp], lost: int) -> float:
    """Return G/(G − 1) Σ φᵢφⱼ/(n − ``lost``) over every two subjects, ``(n,)``, of one of the G clusters; φ is centred."""
    centred = influence - np.sum(influence) / len(influence)
    order = np.argsort(clusters, kind="stable")
    bounds = np.flatnonzero(np.diff(clusters[order])) + 1
    parts = np.split(centred[order], bounds)
    together = sum(float(np.sum(np.outer(part, part))) for part in parts)
    return len(parts) / (len(parts) - 1) * together / (len(influence) - lost)
