"""Least squares, with an outcome model per arm in mind."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.design import standardise

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinearFit:
    """A least-squares fit on a subset, predicted for everybody.

    ``predicted`` is ``(n,)``, ``basis`` is ``(n, q + 1)`` with the intercept first, ``influence`` is
    ``(n, q + 1)``: each subject's influence on the coefficients, zero outside the subset.
    """

    predicted: Vector
    basis: Vector
    influence: Vector
    aliased: tuple[int, ...]


def fit_linear(x: Vector, y: Vector, subset: NDArray[np.bool_]) -> LinearFit:
    """Return the least-squares fit of ``y``, ``(n,)``, on ``x``, ``(n, p)``, among ``subset``, ``(n,)`` bool.

    Columns are checked for rank within the subset: one that is constant or aliased there is left out.

    Raises
    ------
    EstimationError
        When the subset has not more subjects than parameters, or the outcome is not finite.
    """
    design = standardise(x[subset])
    n, inside = len(y), int(subset.sum())
    if not np.isfinite(y[subset]).all():
        raise EstimationError(
            "the outcome holds NaN or infinity; expected finite numbers; check the contract"
        )
    if inside <= len(design.kept) + 1:
        raise EstimationError(
            f"{inside} subjects cannot carry {len(design.kept) + 1} parameters; use fewer covariates"
        )
    columns = (x[:, design.kept] - design.means) / design.scales
    basis = np.column_stack([np.ones(n), columns])
    inverse = np.linalg.inv(basis[subset].T @ basis[subset])
    coefficients = inverse @ (basis[subset].T @ y[subset])
    predicted = basis @ coefficients
    residual = np.where(subset, y - predicted, 0.0)
    return LinearFit(predicted, basis, n * (basis * residual[:, None]) @ inverse, design.aliased)
