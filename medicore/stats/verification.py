"""Double programming: the primary estimate computed a second time, by other means.

Nothing here is shared with the primary route: the propensity model is fitted by scipy's trust-region method on
its log-likelihood instead of Newton with step-halving, on columns scaled to the unit interval instead of
standardised ones; the outcome models by singular value decomposition instead of normal equations; and the
estimate is assembled as the solution of its estimating equation.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lstsq
from scipy.optimize import minimize

Vector = NDArray[np.float64]

TOLERANCE = 1e-6
"""Largest relative difference at which the two implementations confirm each other."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The second implementation's estimate and influence-function standard error (ddof 1), and how it came."""

    value: float
    standard_error: float
    library: str
    route: str

    def relative_difference(self, value: float, standard_error: float) -> float:
        """Return the larger relative difference from the primary's estimate and standard error."""
        scale = max(abs(value), standard_error)
        return max(abs(self.value - value) / scale, abs(self.standard_error / standard_error - 1))


def verify_aipw(
    x_propensity: Vector, x_outcome: Vector, treated: NDArray[np.bool_], outcome: Vector
) -> Verification:
    """Return the AIPW average treatment effect, computed independently of ``medicore.stats.augmented``.

    Designs are ``(n, p)`` without intercept. The estimate solves Σ[h1 y + m1 (1 − h1) − h0 y − m0 (1 − h0) − τ] = 0
    with h1 = a/e and h0 = (1 − a)/(1 − e) (Bang & Robins, 2005, section 2).
    """
    design = _unit_columns(x_propensity)
    label = np.where(treated, 1.0, -1.0)

    def loss(theta: Vector) -> float:
        return float(np.logaddexp(0.0, -label * (design @ theta)).mean())

    def gradient(theta: Vector) -> Vector:
        margin = label * (design @ theta)
        slope: Vector = design.T @ (-label / (1 + np.exp(margin))) / len(label)
        return slope

    def curvature(theta: Vector) -> Vector:
        margin = design @ theta
        spread = 1 / (2 + np.exp(margin) + np.exp(-margin))
        weighted: Vector = (design.T * spread) @ design / len(label)
        return weighted

    start = np.zeros(design.shape[1])
    with np.errstate(over="ignore"):
        found = minimize(
            loss,
            start,
            jac=gradient,
            hess=curvature,
            method="trust-exact",
            options={"gtol": 1e-13, "maxiter": 500},
        )
        chance = 1 / (1 + np.exp(-(design @ found.x)))
    columns = _unit_columns(x_outcome)
    model_1 = columns @ lstsq(columns[treated], outcome[treated], lapack_driver="gelsd")[0]
    model_0 = columns @ lstsq(columns[~treated], outcome[~treated], lapack_driver="gelsd")[0]
    clever_1, clever_0 = treated / chance, ~treated / (1 - chance)
    terms = clever_1 * outcome + (1 - clever_1) * model_1 - clever_0 * outcome - (1 - clever_0) * model_0
    value = float(np.sum(terms) / len(terms))
    spread = float(np.sum((terms - value) ** 2) / (len(terms) - 1))
    return Verification(
        value,
        float(np.sqrt(spread / len(terms))),
        "scipy",
        "trust-region likelihood, SVD least squares, estimating equation",
    )


def _unit_columns(x: Vector) -> Vector:
    """Return intercept and columns scaled to the unit interval."""
    low, high = x.min(axis=0), x.max(axis=0)
    return np.column_stack([np.ones(len(x)), (x - low) / np.where(high > low, high - low, 1.0)])
