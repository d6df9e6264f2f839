"""Unpenalised logistic regression by maximum likelihood."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from medicore.errors import EstimationError
from medicore.stats.design import standardise

Vector = NDArray[np.float64]

MAX_ITERATIONS = 60
SCORE_TOLERANCE = 1e-10
"""Largest component of the mean score, on standardised columns, at which the maximum is proved."""
SEPARATION_PROBABILITY = 1e-7
SEPARATION_STANDARD_ERROR = 50.0
"""Standard error of a coefficient on a standardised column above which the likelihood has no maximum in sight."""


@dataclass(frozen=True, slots=True)
class LogisticFit:
    """A fitted logistic regression.

    ``coefficients`` and ``standard_errors`` are ``(p + 1,)`` on the given scale, intercept first; those of
    aliased columns are NaN. ``fitted`` is ``(n,)``. ``basis`` is ``(n, q + 1)``, intercept and independent
    standardised columns, and ``influence`` is ``(n, q + 1)``: each subject's influence on the coefficients of
    the basis. ``separated`` says that fitted probabilities of 0 or 1, or exploding standard errors, were found.
    """

    coefficients: Vector
    standard_errors: Vector
    fitted: Vector
    log_likelihood: float
    iterations: int
    converged: bool
    separated: bool
    aliased: tuple[int, ...]
    basis: Vector
    influence: Vector


def fit_logistic(x: Vector, y: NDArray[np.bool_]) -> LogisticFit:
    """Return the maximum likelihood fit of ``y``, ``(n,)`` bool, on ``x``, ``(n, p)`` without intercept.

    Newton's method on standardised columns with step-halving (McCullagh & Nelder, 1989, section 2.5), which
    raises the likelihood at every step. Separation is reported, never raised: quasi-separated data "converge"
    everywhere, so it is looked for in fitted probabilities and standard errors (Albert & Anderson, 1984).

    Raises
    ------
    EstimationError
        When one outcome alone is present, or there are not more subjects than parameters.
    """
    design = standardise(x)
    n = len(y)
    if not 0 < int(y.sum()) < n:
        raise EstimationError(
            "a logistic regression found one outcome only; expected both; check arms and criteria"
        )
    basis = np.column_stack([np.ones(n), design.columns])
    if n <= basis.shape[1]:
        raise EstimationError(f"{n} subjects cannot carry {basis.shape[1]} parameters; use fewer covariates")
    target = y.astype(np.float64)
    sign = np.where(y, 1.0, -1.0)
    theta = np.zeros(basis.shape[1])
    theta[0] = np.log(target.mean() / (1 - target.mean()))
    value = float(log_expit(sign * (basis @ theta)).sum())
    converged, iterations = False, 0
    while iterations < MAX_ITERATIONS:
        iterations += 1
        fitted = expit(basis @ theta)
        score = basis.T @ (target - fitted)
        if float(np.abs(score).max()) / n < SCORE_TOLERANCE:
            converged = True
            break
        information = _information(basis, fitted)
        step = np.linalg.solve(information + 1e-12 * np.trace(information) * np.eye(len(theta)), score)
        theta, value, moved = _uphill(basis, sign, theta, step, value)
        if not moved:
            break
    fitted = expit(basis @ theta)
    converged = converged or float(np.abs(basis.T @ (target - fitted)).max()) / n < SCORE_TOLERANCE
    covariance: Vector = np.linalg.pinv(_information(basis, fitted), hermitian=True).astype(np.float64)
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    extreme = bool((np.minimum(fitted, 1 - fitted) < SEPARATION_PROBABILITY).any())
    exploding = bool((errors[1:] > SEPARATION_STANDARD_ERROR).any())
    coefficients, standard_errors = _given_scale(
        x.shape[1], design.kept, design.means, design.scales, theta, covariance
    )
    return LogisticFit(
        coefficients=coefficients,
        standard_errors=standard_errors,
        fitted=fitted,
        log_likelihood=value,
        iterations=iterations,
        converged=converged,
        separated=extreme or exploding,
        aliased=design.aliased,
        basis=basis,
        influence=n * (basis * (target - fitted)[:, None]) @ covariance,
    )


def _information(basis: Vector, fitted: Vector) -> Vector:
    return (basis * (fitted * (1 - fitted))[:, None]).T @ basis


def _uphill(
    basis: Vector, sign: Vector, theta: Vector, step: Vector, value: float
) -> tuple[Vector, float, bool]:
    """Return the point along ``step`` with a higher likelihood, halving the step until there is one."""
    for halving in range(40):
        candidate = theta + step / 2**halving
        reached = float(log_expit(sign * (basis @ candidate)).sum())
        if reached >= value:
            return candidate, reached, True
    return theta, value, False


def _given_scale(
    p: int, kept: tuple[int, ...], means: Vector, scales: Vector, theta: Vector, covariance: Vector
) -> tuple[Vector, Vector]:
    """Return coefficients and standard errors on the scale of the given columns, intercept first."""
    back = np.zeros((p + 1, len(theta)))
    back[0, 0] = 1.0
    back[0, 1:] = -means / scales
    for place, index in enumerate(kept, start=1):
        back[index + 1, place] = 1 / scales[place - 1]
    coefficients = back @ theta
    errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", back, covariance, back), 0.0))
    aliased = sorted(set(range(p)) - set(kept))
    for index in aliased:
        coefficients[index + 1] = errors[index + 1] = np.nan
    return coefficients, errors
