"""Leverages of subjects in an outcome model, and how residuals are corrected for them."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.stats.models.linear import ALONE
from medicore.stats.models.outcome_model import Family, OutcomeModel

Vector = NDArray[np.float64]
Correction = Literal["HC2", "HC3"]


def leverages(model: OutcomeModel, arm: NDArray[np.bool_], family: Family) -> Vector:
    """Return the leverage of each subject of ``arm`` in the outcome model fitted there, between 0 and 1.

    They are the diagonal of the projection on √v·x, where v is the variance of the outcome: 1 for least squares and
    m(1 − m) for a logistic model (Pregibon, 1981, section 3). A subject whose v is 0 has leverage 0.
    """
    return hat_diagonal(whitened(model, arm, family))


def hat_diagonal(columns: Vector) -> Vector:
    """Return the diagonal of the projection on the ``columns``, ``(n, q)`` and independent, ``(n,)``."""
    orthogonal, _ = np.linalg.qr(columns)
    diagonal: Vector = (orthogonal**2).sum(axis=1)
    return diagonal


def whitened(model: OutcomeModel, arm: NDArray[np.bool_], family: Family) -> Vector:
    """Return √v times the basis of the outcome model for the subjects of ``arm``, ``(n_arm, q)``; 0 where v is 0."""
    columns = model.gradient[arm]
    if family != "gaussian":
        chance = model.predicted[arm]
        deviation = np.sqrt(chance * (1 - chance))[:, None]
        columns = np.divide(columns, deviation, out=np.zeros_like(columns), where=deviation > 0)
    return columns


def inflation(leverage: Vector, correction: Correction) -> Vector:
    """Return the factor of each residual, 1/√(1 − h) or 1/(1 − h), ``(n,)``.

    It is 1 where the residual is 0 because the subject alone determines a coefficient.
    """
    free = np.where(1 - leverage < ALONE, 1.0, 1 - leverage)
    factor: Vector = 1 / np.sqrt(free) if correction == "HC2" else 1 / free
    return factor
