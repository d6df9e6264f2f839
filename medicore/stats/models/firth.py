"""Logistic regression by Firth's penalised likelihood, whose maximum exists where outcomes are separated or one-sided."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from medicore.errors import EstimationError
from medicore.stats.models.design import standardise
from medicore.stats.models.logistic import LogisticFit

Vector = NDArray[np.float64]

MAX_ITERATIONS = 1000
SMALLEST_SHARE = 2.0**-40
"""The share of a step at which its halving ends."""
EXTRAPOLATED = 4
"""Every how many steps the sum of all that follow is taken at once; scoring converges slowly where events are few."""
LARGEST_RATIO = 0.99
LONGEST_STEP = 5.0
"""The largest change of a coefficient, of a column of unit variance, in one step."""
SCORE_TOLERANCE = 1e-12
"""The maximum is reached when no component of the mean penalised score, on standardised columns, is larger than this."""


def fit_firth(x: Vector, y: NDArray[np.bool_]) -> LogisticFit:
    """Return the fit of ``y``, ``(n,)`` bool, on ``x``, ``(n, p)`` without intercept, by penalised likelihood.

    The logarithm of the likelihood plus ½ log|I| is maximised, I the information (Jeffreys' prior): its score is
    Σ(y − π + h(½ − π))x with the leverages h (Firth, 1993, section 3; Heinze & Schemper, 2002, section 2). The method is
    Fisher scoring on standardised columns with step-halving. The maximum exists for any outcomes, also if all are the same.
    ``separated`` is never true, ``log_likelihood`` is the penalised one, ``covariance`` is I⁻¹, and ``influence`` is that of the
    penalised score, to first order.

    Raises
    ------
    EstimationError
        When a number is not finite, or the number of subjects does not exceed the number of parameters.
    """
    design = standardise(x)
    basis = np.column_stack([np.ones(len(y)), design.columns])
    parameters = basis.shape[1]
    if len(y) <= parameters:
        raise EstimationError(
            f"{len(y)} subjects cannot carry {parameters} parameters; expected more subjects; use fewer covariates"
        )
    sign = np.where(y, 1.0, -1.0)
    theta = np.zeros(parameters)
    value = _penalised(basis, sign, theta)
    iterations, before = 0, np.zeros(parameters)
    fitted, covariance, given = _score(basis, y, theta)
    score = basis.T @ given
    while float(np.abs(score).max()) > SCORE_TOLERANCE * len(y) and iterations < MAX_ITERATIONS:
        iterations += 1
        plain = covariance @ score
        step = plain * lengthening(plain, before) if iterations % EXTRAPOLATED == 0 else plain
        before = plain
        step = step * min(1.0, LONGEST_STEP / float(np.abs(step).max()))
        theta, value = _uphill(basis, sign, theta, step, value)
        fitted, covariance, given = _score(basis, y, theta)
        score = basis.T @ given
    worst = float(np.abs(score).max()) / len(y)
    errors = np.sqrt(np.diag(covariance))
    back = design.given_scale()
    coefficients: Vector = back @ theta
    given_errors: Vector = np.sqrt(((back @ covariance) * back).sum(axis=1))
    for index in design.aliased:
        coefficients[index + 1] = given_errors[index + 1] = np.nan
    return LogisticFit(
        coefficients=coefficients,
        standard_errors=given_errors,
        fitted=fitted,
        log_likelihood=value,
        iterations=iterations,
        converged=worst <= 100 * SCORE_TOLERANCE,
        separated=False,
        aliased=design.aliased,
        basis=basis,
        influence=len(y) * (basis * given[:, None]) @ covariance,
        theta=theta,
        covariance=covariance,
        weights=np.ones(len(y)),
        design=design,
        score=worst,
        predicted=0,
        extreme=0,
        largest_standard_error=float(errors[1:].max(initial=0.0)),
        weakest_error=0.0,
    )


def lengthening(step: Vector, before: Vector) -> float:
    """Return the factor of a step, ``(q,)``, that sums all that follow if each shrinks as this one did from ``before``.

    It is 1/(1 − ρ), ρ the ratio of the two along the earlier one (Aitken's extrapolation), and 1 where that says nothing.
    """
    length = float(before @ before)
    ratio = float(step @ before) / length if length > 0 else 0.0
    return 1 / (1 - ratio) if 0 < ratio < LARGEST_RATIO else 1.0


def _information(basis: Vector, fitted: Vector) -> Vector:
    found: Vector = (basis * (fitted * (1 - fitted))[:, None]).T @ basis
    return found


def _score(basis: Vector, y: NDArray[np.bool_], theta: Vector) -> tuple[Vector, Vector, Vector]:
    """Return the fitted probabilities, the inverse information, and what each subject gives to the score, ``(n,)``."""
    fitted = expit(basis @ theta)
    covariance: Vector = np.linalg.inv(_information(basis, fitted)).astype(np.float64)
    leverage = fitted * (1 - fitted) * ((basis @ covariance) * basis).sum(axis=1)
    return fitted, covariance, y - fitted + leverage * (0.5 - fitted)


def _penalised(basis: Vector, sign: Vector, theta: Vector) -> float:
    """Return the logarithm of the penalised likelihood; −∞ where the information is singular."""
    predictor = basis @ theta
    _, logarithm = np.linalg.slogdet(_information(basis, expit(predictor)))
    return float(log_expit(sign * predictor).sum() + logarithm / 2)


def _uphill(basis: Vector, sign: Vector, theta: Vector, step: Vector, value: float) -> tuple[Vector, float]:
    """Halve ``step`` until the penalised likelihood rises, or the step is as good as none; return where that is."""
    slack = np.finfo(float).eps * len(sign) * abs(value)
    share = 1.0
    found = _penalised(basis, sign, theta + step)
    while not found >= value - slack and share > SMALLEST_SHARE:
        share /= 2
        found = _penalised(basis, sign, theta + share * step)
    return theta + share * step, found
