"""The models of the second implementation a third time: trust region and Powell's hybrid root, and a projection.

The columns are those of a QR decomposition, so that neither the primary's parametrisation nor the second
implementation's is used.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr
from scipy.optimize import minimize, root

Vector = NDArray[np.float64]


def _orthogonal(x: Vector, rows: NDArray[np.bool_]) -> Vector:
    """Return, for everybody, columns that are orthogonal with mean square 1 within ``rows``; none may be aliased."""
    columns = np.column_stack([np.ones(len(x)), x])
    _, triangle = qr(columns[rows], mode="economic")
    whole: Vector = np.linalg.solve(triangle.T, columns.T).T * np.sqrt(rows.sum())
    return whole


def projection(x: Vector, outcome: Vector, rows: NDArray[np.bool_]) -> Vector:
    """Return least-squares predictions for everybody of a model fitted within ``rows``."""
    columns = _orthogonal(x, rows)
    predicted: Vector = columns @ (columns[rows].T @ outcome[rows]) / rows.sum()
    return predicted


def logit(x: Vector, label: NDArray[np.bool_], rows: NDArray[np.bool_]) -> Vector:
    """Return linear predictors for everybody: a trust region on the likelihood, then the score's root."""
    columns = _orthogonal(x, rows)
    inside, sign = columns[rows], np.where(label[rows], 1.0, -1.0)

    def loss(theta: Vector) -> float:
        return float(np.logaddexp(0.0, -sign * (inside @ theta)).mean())

    def slope(theta: Vector) -> Vector:
        against = -sign * _sigmoid(-sign * (inside @ theta))
        gradient: Vector = inside.T @ against / len(sign)
        return gradient

    def curvature(theta: Vector) -> Vector:
        margin = inside @ theta
        spread = _sigmoid(margin) * _sigmoid(-margin)
        weighted: Vector = (inside.T * spread) @ inside / len(sign)
        return weighted

    start = np.zeros(columns.shape[1])
    near = minimize(loss, start, jac=slope, hess=curvature, method="trust-exact", options={"gtol": 1e-6})
    found = root(slope, near.x, jac=curvature, method="hybr", options={"xtol": 1e-14})
    predictor: Vector = columns @ found.x
    return predictor


def _sigmoid(value: Vector) -> Vector:
    """Return 1/(1 + exp(−value)), by the hyperbolic tangent."""
    return 0.5 + 0.5 * np.tanh(value / 2)
