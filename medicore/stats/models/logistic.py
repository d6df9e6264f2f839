"""Unpenalised logistic regression by maximum likelihood."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from medicore.errors import EstimationError
from medicore.stats.models.design import StandardisedDesign, standardise
from medicore.stats.models.inverse import pseudo_inverse

Vector = NDArray[np.float64]

MAX_ITERATIONS = 100
MAX_HALVINGS = 40
SCORE_TOLERANCE = 1e-10
"""The maximum is reached when no component of the mean score, on standardised columns, is larger than this."""
SEPARATION_PROBABILITY = 1e-7
"""A fitted probability closer than this to 0 or 1 counts as 0 or 1."""
SEPARATION_STANDARD_ERROR = 50.0
"""A larger standard error, of a coefficient on a column of unit variance, means that the likelihood has practically no maximum."""
SEPARATION_MOVE = 0.1
"""The limit for the change of a linear predictor by one more Newton step, when the score has vanished."""


@dataclass(frozen=True, slots=True)
class LogisticFit:
    """A fitted logistic regression, and the evidence for and against it.

    ``coefficients`` and ``standard_errors``, ``(p + 1,)``, are on the given scale, intercept first, NaN for aliased
    columns. ``fitted`` is ``(n,)``. ``basis``, ``(n, q + 1)``, is the intercept and the independent standardised
    columns (``design`` computes them for other rows); ``theta``, ``(q + 1,)``, are their coefficients; ``covariance``
    is the inverse information; ``influence``, ``(n, q + 1)``, is each subject's influence on ``theta``: its mean is 0,
    and its variance divided by n is the variance of ``theta``.

    ``converged`` says that no component of the mean score exceeds SCORE_TOLERANCE; ``score`` is the largest component.
    ``separated`` says that the maximum likelihood estimate does not exist, or practically does not exist. It is true
    when ``predicted`` subjects lie on their own side of a direction in which the likelihood rises without end, when
    ``extreme`` fitted probabilities are within SEPARATION_PROBABILITY of 0 or 1, or when ``weakest_error`` exceeds
    SEPARATION_STANDARD_ERROR: the largest standard error over all combinations of columns with unit variance. Nearly
    collinear columns raise ``largest_standard_error``, of a coefficient on a standardised column, and leave
    ``weakest_error`` as it is, because the columns span the same combinations.
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
    theta: Vector
    covariance: Vector
    weights: Vector
    design: StandardisedDesign
    score: float
    predicted: int
    extreme: int
    largest_standard_error: float
    weakest_error: float

    @property
    def gradient(self) -> Vector:
        """Derivative of each fitted probability with respect to ``theta``, ``(n, q + 1)``."""
        slope: Vector = self.basis * (self.fitted * (1 - self.fitted))[:, None]
        return slope

    def probability(self, x: Vector) -> Vector:
        """Return the fitted probabilities, ``(m,)``, for any rows ``x``, ``(m, p)``."""
        chance: Vector = expit(self.design.basis(x) @ self.theta)
        return chance

    def basis_covariance(self, kind: Literal["model", "HC0", "HC3"]) -> Vector:
        """Return the covariance of ``theta``, ``(q + 1, q + 1)``.

        ``model`` is the inverse information. HC0 is the sandwich of squared scores; HC3 divides these by (1 − h)²,
        where h is the leverage in the last weighted fit (MacKinnon & White, 1985, section 2; Zeileis, 2006).
        """
        if kind == "model":
            return self.covariance
        scores = self.influence / len(self.fitted)
        if kind == "HC3":
            spread = self.weights * self.fitted * (1 - self.fitted)
            leverage = spread * ((self.basis @ self.covariance) * self.basis).sum(axis=1)
            scores = scores / (1 - leverage)[:, None]
        robust: Vector = scores.T @ scores
        return robust


def fit_logistic(x: Vector, y: NDArray[np.bool_], weights: Vector | None = None) -> LogisticFit:
    """Return the maximum likelihood fit of ``y``, ``(n,)`` bool, on ``x``, ``(n, p)`` without intercept.

    The method is Newton's on standardised columns with step-halving (McCullagh & Nelder, 1989, section 2.5). No step
    lowers the likelihood; after the score has vanished, one more step brings the estimate to full precision.
    ``weights``, ``(n,)`` and not negative, multiply each subject's log-likelihood; the default is 1.

    Separation is reported in the result and is not an error. Any software "converges" on quasi-separated data, so this
    function tests for it (Albert & Anderson, 1984): where the score is 0 but a Newton step still changes linear
    predictors, the likelihood rises without end in the direction of that step.

    Raises
    ------
    EstimationError
        When only one outcome occurs, a number is not finite, or the number of subjects does not exceed the number of
        parameters.
    """
    weight = np.ones(len(y)) if weights is None else weights
    design = standardise(x)
    _require_estimable(y, weight, len(design.kept) + 1)
    basis = np.column_stack([np.ones(len(y)), design.columns])
    maximum = _maximise(basis, y, weight)
    covariance = _covariance(basis, maximum.fitted, weight)
    errors = np.sqrt(np.diag(covariance))
    largest = float(errors[1:].max(initial=0.0))
    weakest = _weakest_error(design.triangle, covariance[1:, 1:])
    extreme = int((np.minimum(maximum.fitted, 1 - maximum.fitted) < SEPARATION_PROBABILITY).sum())
    back = design.given_scale()
    coefficients = back @ maximum.theta
    given_errors = np.sqrt(((back @ covariance) * back).sum(axis=1))
    for index in design.aliased:
        coefficients[index + 1] = given_errors[index + 1] = np.nan
    return LogisticFit(
        coefficients=coefficients,
        standard_errors=given_errors,
        fitted=maximum.fitted,
        log_likelihood=maximum.log_likelihood,
        iterations=maximum.iterations,
        converged=maximum.score <= SCORE_TOLERANCE,
        separated=maximum.predicted > 0 or extreme > 0 or weakest > SEPARATION_STANDARD_ERROR,
        aliased=design.aliased,
        basis=basis,
        influence=len(y) * (basis * (weight * (y - maximum.fitted))[:, None]) @ covariance,
        theta=maximum.theta,
        covariance=covariance,
        weights=weight,
        design=design,
        score=maximum.score,
        predicted=maximum.predicted,
        extreme=extreme,
        largest_standard_error=largest,
        weakest_error=weakest,
    )


@dataclass(frozen=True, slots=True)
class _Maximum:
    """The state in which Newton's method ended."""

    theta: Vector
    fitted: Vector
    log_likelihood: float
    iterations: int
    score: float
    predicted: int


def _require_estimable(y: NDArray[np.bool_], weight: Vector, parameters: int) -> None:
    """Raise EstimationError unless both outcomes have weight and there are more subjects than parameters."""
    if not (np.isfinite(weight).all() and (weight >= 0).all()):
        raise EstimationError(
            "the weights hold a negative number, NaN or infinity; expected 0 or more; check them"
        )
    if not (weight[y].sum() > 0 and weight[~y].sum() > 0):
        raise EstimationError(
            "a logistic regression found one outcome only; expected both; check arms and criteria"
        )
    subjects = int((weight > 0).sum())
    if subjects <= parameters:
        raise EstimationError(
            f"{subjects} subjects cannot carry {parameters} parameters; expected more subjects; use fewer covariates"
        )


def _maximise(basis: Vector, y: NDArray[np.bool_], weight: Vector) -> _Maximum:
    """Return the maximum of the likelihood, or the last iterate when there is no maximum."""
    sign = np.where(y, 1.0, -1.0)
    total = float(weight.sum())
    share = float(weight[y].sum()) / total
    theta = np.zeros(basis.shape[1])
    theta[0] = np.log(share / (1 - share))
    value = _log_likelihood(basis @ theta, sign, weight)
    iterations, reached = 0, True
    while reached and iterations < MAX_ITERATIONS:
        iterations += 1
        fitted = expit(basis @ theta)
        gradient = basis.T @ (weight * (y - fitted))
        score = float(np.abs(gradient).max()) / total
        step = _covariance(basis, fitted, weight) @ gradient
        reached, theta, value = _uphill(basis, sign, weight, theta, step, value)
        if score <= SCORE_TOLERANCE:
            break
    fitted = expit(basis @ theta)
    score = float(np.abs(basis.T @ (weight * (y - fitted))).max()) / total
    move = sign * (basis @ step)
    predicted = int((move > SEPARATION_MOVE).sum()) if score <= SCORE_TOLERANCE else 0
    return _Maximum(theta, fitted, value, iterations, score, predicted)


def _log_likelihood(predictor: Vector, sign: Vector, weight: Vector) -> float:
    return float((weight * log_expit(sign * predictor)).sum())


def _covariance(basis: Vector, fitted: Vector, weight: Vector) -> Vector:
    """Return the inverse of the information matrix; the pseudo-inverse where it is singular."""
    information = (basis * (weight * fitted * (1 - fitted))[:, None]).T @ basis
    return pseudo_inverse(information)


def _weakest_error(triangle: Vector, covariance: Vector) -> float:
    """Return the largest standard error of a coefficient over all combinations of the columns with unit variance.

    With R'R = X'X/n of the columns X, the coefficients of the orthonormal columns XR⁻¹ have the covariance RCR'.
    """
    if len(triangle) == 0:
        return 0.0
    return float(np.sqrt(np.linalg.eigvalsh(triangle @ covariance @ triangle.T).max()))


def _uphill(
    basis: Vector, sign: Vector, weight: Vector, theta: Vector, step: Vector, value: float
) -> tuple[bool, Vector, float]:
    """Halve ``step`` until the likelihood rises; return whether it rose, and at which point."""
    slack = np.finfo(float).eps * len(sign) * abs(value)
    for halving in range(MAX_HALVINGS):
        candidate = theta + step / 2**halving
        reached = _log_likelihood(basis @ candidate, sign, weight)
        if reached >= value - slack:
            return True, candidate, reached
    return False, theta, value
