"""An unstructured covariance matrix and the free parameters that keep it positive definite."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CovarianceParameters:
    """The parameters θ of Σ = D L Lᵀ D, where D is diagonal and L lower triangular with ones on its diagonal.

    ``values`` is ``(k,)`` with k = T(T + 1)/2: first the logarithms of D, then the entries of L below the diagonal, row by
    row (Pinheiro & Bates, 1996; the R package mmrm). Every θ is a positive definite Σ.
    """

    values: Vector
    visits: int

    @classmethod
    def of(cls, covariance: Vector) -> "CovarianceParameters":
        """Return the parameters of a positive definite matrix, ``(T, T)``."""
        root = np.linalg.cholesky(covariance)
        scale = root.diagonal()
        below = np.tril_indices(len(root), -1)
        return cls(np.concatenate([np.log(scale), (root / scale[:, None])[below]]), len(root))

    @property
    def root(self) -> Vector:
        """The Cholesky factor D L, ``(T, T)``."""
        unit = np.eye(self.visits)
        unit[np.tril_indices(self.visits, -1)] = self.values[self.visits :]
        made: Vector = np.exp(self.values[: self.visits])[:, None] * unit
        return made

    @property
    def covariance(self) -> Vector:
        """The covariance matrix Σ, ``(T, T)``."""
        root = self.root
        made: Vector = root @ root.T
        return made

    def slopes(self) -> Vector:
        """Return ∂Σ/∂θ, ``(k, T, T)``."""
        root = self.root
        half = self._of_root() @ root.T
        made: Vector = half + half.transpose(0, 2, 1)
        return made

    def curvatures(self) -> Vector:
        """Return ∂²Σ/∂θ∂θ, ``(k, k, T, T)``."""
        root, slopes = self.root, self._of_root()
        visits, rows = self.visits, np.tril_indices(self.visits, -1)[0]
        second = np.zeros((len(slopes), len(slopes), visits, visits))
        for one in range(visits):
            second[one, one] = slopes[one]
        for place, row in enumerate(rows, start=visits):
            second[row, place] = second[place, row] = slopes[place]
        half = second @ root.T + slopes[:, None] @ slopes[None].transpose(0, 1, 3, 2)
        made: Vector = half + half.transpose(0, 1, 3, 2)
        return made

    def _of_root(self) -> Vector:
        """Return the slopes of the Cholesky factor, ``(k, T, T)``."""
        root, visits = self.root, self.visits
        rows, columns = np.tril_indices(visits, -1)
        made = np.zeros((len(self.values), visits, visits))
        for one in range(visits):
            made[one, one] = root[one]
        for place, (row, column) in enumerate(zip(rows, columns, strict=True), start=visits):
            made[place, row, column] = root[row, row]
        return made


@cache
def elements(visits: int) -> Vector:
    """Return what each free element of a symmetric matrix ``(T, T)`` moves, as 0 and 1: ``(k, T, T)``."""
    rows, columns = np.tril_indices(visits)
    made = np.zeros((len(rows), visits, visits))
    made[np.arange(len(rows)), rows, columns] = 1.0
    made[np.arange(len(rows)), columns, rows] = 1.0
    made.setflags(write=False)
    return made
