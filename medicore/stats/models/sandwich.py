"""Standard errors from influence values: the sandwich of stacked estimating equations, written as a chain rule.

Every estimator here solves stacked estimating equations: first those of the nuisance models, last that of the estimand.
Their derivative is block-triangular. So each subject's influence on the estimand is the sum of a direct part and, for
each nuisance model, the derivative of the estimand with respect to the model's coefficients times the subject's
influence on these (Stefanski & Boos, 2002, section 3; Newey & McFadden, 1994, theorem 6.1). Derivatives are analytic.
"""

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def propagate(influence: Vector, gradient: Vector, slope: Vector) -> Vector:
    """Return each subject's influence on the estimand through a nuisance model, ``(n,)``.

    ``influence``, ``(n, q)``, is that on the model's coefficients. ``gradient``, ``(n, q)``, is the derivative of the
    model's value for each subject with respect to the coefficients. ``slope``, ``(n,)``, is the derivative of the
    estimand with respect to each subject's value.
    """
    through: Vector = influence @ (gradient.T @ slope)
    return through


def standard_error(influence: Vector, ddof: int) -> float:
    """Return the standard deviation of influence values, with divisor n − ddof, divided by √n."""
    n = len(influence)
    centred = influence - influence.mean()
    return float(np.sqrt((centred**2).sum() / (n - ddof) / n))
