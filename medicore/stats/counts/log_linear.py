"""Log-linear models of counts with exposure, by Poisson quasi-likelihood with robust variance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.models.design import StandardisedDesign, standardise
from medicore.stats.models.inverse import pseudo_inverse

Vector = NDArray[np.float64]

MAX_ITERATIONS = 100
MAX_HALVINGS = 40
SCORE_TOLERANCE = 1e-10
"""The maximum is reached when no component of the score per event, on standardised columns, is larger than this."""
SEPARATION_MOVE = 0.1
"""The limit for the change of a linear predictor by one more Newton step, when the score has vanished."""
LARGEST_PREDICTOR = 100.0
"""Limit of linear predictors that keeps a diverging step finite; no real fit comes near."""


@dataclass(frozen=True, slots=True)
class LogLinearFit:
    """A fitted model of the rate: events per unit of exposure are exp of the linear predictor.

    ``coefficients`` and ``standard_errors``, ``(p + 1,)``, are on the given scale, intercept first, NaN for aliased
    columns; these errors take the variance for the mean, as in a Poisson model. ``theta``, ``(q + 1,)``, are the
    coefficients of intercept and standardised columns, ``covariance`` their inverse information. ``influence``,
    ``(n, q + 1)``, is each subject's on ``theta``: the variance of it, divided by n, is that of ``theta`` whatever the
    variance of the counts (HC0). ``separated`` says that the likelihood has no maximum, as where a level has no event.
    """

    coefficients: Vector
    standard_errors: Vector
    theta: Vector
    covariance: Vector
    influence: Vector
    iterations: int
    converged: bool
    separated: bool
    design: StandardisedDesign

    @property
    def aliased(self) -> tuple[int, ...]:
        """The columns that were left out."""
        return self.design.aliased

    @property
    def robust_errors(self) -> Vector:
        """The robust standard errors (HC0) on the given scale, ``(p + 1,)``, NaN for aliased columns."""
        back = self.design.given_scale()
        scores = self.influence @ back.T / len(self.influence)
        errors: Vector = np.sqrt((scores**2).sum(axis=0))
        errors[[index + 1 for index in self.design.aliased]] = np.nan
        return errors

    def rate(self, x: Vector) -> Vector:
        """Return the rates, ``(m,)``, for any rows ``x``, ``(m, p)``."""
        return rates(self.design.basis(x) @ self.theta)


def rates(predictor: Vector) -> Vector:
    """Return exp of linear predictors, within the limit."""
    found: Vector = np.exp(np.clip(predictor, -LARGEST_PREDICTOR, LARGEST_PREDICTOR))
    return found


def fit_log_linear(x: Vector, count: Vector, exposure: Vector) -> LogLinearFit:
    """Return the fit of ``count``, ``(n,)``, on ``x``, ``(n, p)`` without intercept, with log ``exposure`` as offset.

    The estimating equation is Σ(y − t exp(xβ))x = 0, that of a Poisson likelihood; it is right whenever the mean is
    (Gourieroux, Monfort & Trognon, 1984; McCullagh & Nelder, 1989, chapter 9). The method is Newton's on standardised
    columns with step-halving. Counts need be no whole numbers.

    Raises
    ------
    EstimationError
        When a count is negative, an exposure is not above 0, there is no event, or the number of subjects does not exceed
        the number of parameters.
    """
    require_counts(count, exposure)
    design = standardise(x)
    parameters = len(design.kept) + 1
    if len(count) <= parameters:
        raise EstimationError(
            f"{len(count)} subjects cannot carry {parameters} parameters; expected more subjects; use fewer covariates"
        )
    basis = np.column_stack([np.ones(len(count)), design.columns])
    theta, iterations = _maximise(basis, count, exposure)
    fitted = exposure * rates(basis @ theta)
    gradient = basis.T @ (count - fitted)
    covariance = inverse(basis, fitted)
    converged = float(np.abs(gradient).max()) <= SCORE_TOLERANCE * float(count.sum())
    move = float(np.abs(basis @ (covariance @ gradient)).max())
    back = design.given_scale()
    coefficients = back @ theta
    errors = np.sqrt(((back @ covariance) * back).sum(axis=1))
    for index in design.aliased:
        coefficients[index + 1] = errors[index + 1] = np.nan
    return LogLinearFit(
        coefficients=coefficients,
        standard_errors=errors,
        theta=theta,
        covariance=covariance,
        influence=len(count) * (basis * (count - fitted)[:, None]) @ covariance,
        iterations=iterations,
        converged=converged,
        separated=move > SEPARATION_MOVE,
        design=design,
    )


def require_counts(count: Vector, exposure: Vector) -> None:
    """Raise EstimationError unless counts are 0 or more, some above 0, and exposures above 0."""
    if not (np.isfinite(count).all() and (count >= 0).all()):
        raise EstimationError(
            "a count is negative or no finite number; expected 0 or more; check the outcome's column"
        )
    if not (np.isfinite(exposure).all() and (exposure > 0).all()):
        raise EstimationError(
            "an exposure is 0, negative or no finite number; expected more than 0; check outcome.exposure"
        )
    if not (count > 0).any():
        raise EstimationError(
            "a model of rates found no event; expected some; wait for more follow-up, or merge arms and levels"
        )


def inverse(basis: Vector, weight: Vector) -> Vector:
    """Return the inverse of Σ w x x'; the pseudo-inverse where it is singular."""
    information = (basis * weight[:, None]).T @ basis
    return pseudo_inverse(information)


def _maximise(basis: Vector, count: Vector, exposure: Vector) -> tuple[Vector, int]:
    """Return the coefficients at the maximum, or the last iterate when there is none, and the number of steps."""
    theta = np.zeros(basis.shape[1])
    theta[0] = np.log(count.sum() / exposure.sum())
    value = _log_likelihood(basis @ theta, count, exposure)
    iterations, reached = 0, True
    while reached and iterations < MAX_ITERATIONS:
        iterations += 1
        fitted = exposure * rates(basis @ theta)
        gradient = basis.T @ (count - fitted)
        step = inverse(basis, fitted) @ gradient
        reached, theta, value = _uphill(basis, count, exposure, theta, step, value)
        if float(np.abs(gradient).max()) <= SCORE_TOLERANCE * float(count.sum()):
            break
    return theta, iterations


def _log_likelihood(predictor: Vector, count: Vector, exposure: Vector) -> float:
    """Return the Poisson log-likelihood without its constant."""
    bounded = np.clip(predictor, -LARGEST_PREDICTOR, LARGEST_PREDICTOR)
    return float((count * bounded - exposure * np.exp(bounded)).sum())


def _uphill(
    basis: Vector, count: Vector, exposure: Vector, theta: Vector, step: Vector, value: float
) -> tuple[bool, Vector, float]:
    """Halve ``step`` until the likelihood rises; return whether it rose, and at which point."""
    slack = np.finfo(float).eps * len(count) * abs(value)
    for halving in range(MAX_HALVINGS):
        candidate = theta + step / 2**halving
        reached = _log_likelihood(basis @ candidate, count, exposure)
        if reached >= value - slack:
            return True, candidate, reached
    return False, theta, value
