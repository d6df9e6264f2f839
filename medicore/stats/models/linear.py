"""Least squares, with the covariance of the coefficients under several assumptions."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.models.design import StandardisedDesign, standardise

Vector = NDArray[np.float64]
Covariance = Literal["model", "HC0", "HC1", "HC2", "HC3"]

ALONE = 1e-10
"""A subject whose leverage is nearer to 1 than this alone determines a coefficient."""


@dataclass(frozen=True, slots=True)
class LinearFit:
    """A least-squares fit.

    ``coefficients``, ``(p + 1,)``, are on the given scale, intercept first, NaN for aliased columns. ``fitted`` and
    ``residual`` are ``(n,)``. ``basis``, ``(n, q + 1)``, is the intercept and the independent standardised columns;
    ``theta``, ``(q + 1,)``, are their coefficients; ``inverse``, ``(q + 1, q + 1)``, is the inverse of their weighted
    products; ``influence``, ``(n, q + 1)``, is each subject's influence on ``theta``.
    """

    coefficients: Vector
    fitted: Vector
    residual: Vector
    aliased: tuple[int, ...]
    basis: Vector
    theta: Vector
    inverse: Vector
    influence: Vector
    weights: Vector
    design: StandardisedDesign

    def predict(self, x: Vector) -> Vector:
        """Return the predictions, ``(m,)``, for any rows ``x``, ``(m, p)``."""
        predicted: Vector = self.design.basis(x) @ self.theta
        return predicted

    @property
    def degrees_of_freedom(self) -> int:
        """Number of subjects minus number of parameters."""
        return len(self.residual) - len(self.theta)

    def basis_covariance(self, kind: Covariance) -> Vector:
        """Return the covariance of ``theta``, ``(q + 1, q + 1)``.

        ``model`` assumes one residual variance for all subjects, with n − q − 1 degrees of freedom. HC0 to HC3 allow
        each subject its own variance (MacKinnon & White, 1985, section 2): the squared residual (HC0), times
        n/(n − q − 1) (HC1), divided by 1 − h (HC2) or by (1 − h)² (HC3), where h is the leverage. A subject with
        leverage 1 alone determines a coefficient; its residual is 0, and it adds nothing.
        """
        if kind == "model":
            variance = float((self.weights * self.residual**2).sum()) / self.degrees_of_freedom
            return self.inverse * variance
        bread = self.basis @ self.inverse
        free = 1 - self.weights * (bread * self.basis).sum(axis=1)
        bound = free < ALONE
        free[bound] = 1.0
        inflation = {
            "HC0": np.ones(len(free)),
            "HC1": np.full(len(free), len(free) / self.degrees_of_freedom),
            "HC2": 1 / free,
            "HC3": 1 / free**2,
        }[kind]
        middle = np.where(bound, 0.0, (self.weights * self.residual) ** 2 * inflation)
        covariance: Vector = (bread * middle[:, None]).T @ bread
        return covariance

    def standard_errors(self, kind: Covariance) -> Vector:
        """Return the standard errors of ``coefficients``, ``(p + 1,)``, NaN for aliased columns."""
        back = self.design.given_scale()
        errors: Vector = np.sqrt(((back @ self.basis_covariance(kind)) * back).sum(axis=1))
        errors[[index + 1 for index in self.aliased]] = np.nan
        return errors


def fit_linear(x: Vector, y: Vector, weights: Vector | None = None) -> LinearFit:
    """Return the least-squares fit of ``y``, ``(n,)``, on ``x``, ``(n, p)`` without intercept.

    A column that is constant or aliased is left out. ``weights``, ``(n,)`` and positive, multiply the squared
    residuals; the default is 1. The solution uses the QR decomposition (Golub & Van Loan, 2013, section 5.3).

    Raises
    ------
    EstimationError
        When the number of subjects does not exceed the number of parameters, or a number is not finite.
    """
    weight = np.ones(len(y)) if weights is None else weights
    if not (np.isfinite(y).all() and np.isfinite(weight).all()):
        raise EstimationError(
            "the outcome or a weight is NaN or infinite; expected finite numbers; check the contract"
        )
    design = standardise(x)
    n, parameters = len(y), len(design.kept) + 1
    if n <= parameters:
        raise EstimationError(
            f"{n} subjects cannot carry {parameters} parameters; expected more subjects; use fewer covariates"
        )
    basis = np.column_stack([np.ones(n), design.columns])
    root = np.sqrt(weight)
    orthogonal, triangle = np.linalg.qr(basis * root[:, None])
    theta = np.linalg.solve(triangle, orthogonal.T @ (root * y))
    back = np.linalg.inv(triangle)
    inverse = back @ back.T
    coefficients = design.given_scale() @ theta
    coefficients[[index + 1 for index in design.aliased]] = np.nan
    fitted = basis @ theta
    residual = y - fitted
    return LinearFit(
        coefficients=coefficients,
        fitted=fitted,
        residual=residual,
        aliased=design.aliased,
        basis=basis,
        theta=theta,
        inverse=inverse,
        influence=n * (basis * (weight * residual)[:, None]) @ inverse,
        weights=weight,
        design=design,
    )
