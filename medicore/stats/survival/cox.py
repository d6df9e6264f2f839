"""Cox's proportional hazards model: weighted, with Efron's or Breslow's method for ties, and robust variance."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.models.design import StandardisedDesign, standardise
from medicore.stats.models.inverse import pseudo_inverse
from medicore.stats.survival.risk_sets import RiskSets, require_follow_up

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ties = Literal["efron", "breslow"]

MAX_ITERATIONS = 60
MAX_HALVINGS = 40
SCORE_TOLERANCE = 1e-11
"""The maximum is reached when no component of the score per weighted event, on standardised columns, is larger than this."""
SEPARATION_MOVE = 0.1
"""The limit for the change of a linear predictor by one more Newton step, when the score has vanished."""
LARGEST_PREDICTOR = 100.0
"""Limit of linear predictors that keeps the sums of a likelihood without a maximum finite; no real fit comes near."""


@dataclass(frozen=True, slots=True)
class CoxFit:
    """A fitted proportional hazards model.

    ``coefficients`` and ``standard_errors``, ``(p,)``, are on the given scale, NaN for aliased columns, by the inverse
    information. ``robust_covariance``, ``(q, q)``, is that of ``theta``, the coefficients of the standardised columns of
    ``design``: the sum of squares of the score residuals, weights taken as fixed (Lin & Wei, 1989; Binder, 1992).
    ``influence``, ``(n, q)``, is each subject's on ``theta``, so that its mean of squares over n is that covariance.
    ``separated`` says that the likelihood has no maximum.
    """

    coefficients: Vector
    standard_errors: Vector
    theta: Vector
    covariance: Vector
    influence: Vector
    log_likelihood: float
    iterations: int
    converged: bool
    separated: bool
    design: StandardisedDesign

    @property
    def robust_covariance(self) -> Vector:
        """The sandwich covariance of ``theta``, ``(q, q)``."""
        rows = self.influence / len(self.influence)
        product: Vector = rows.T @ rows
        return product

    @property
    def robust_errors(self) -> Vector:
        """The robust standard errors of the given columns, ``(p,)``, NaN for aliased columns."""
        return _given(self.design, np.sqrt(np.diag(self.robust_covariance)) / self.design.scales)

    def relative_hazard(self, x: Vector) -> Vector:
        """Return the hazards relative to the mean covariates of the fit, ``(m,)``, for any rows ``x``, ``(m, p)``."""
        columns = self.design.basis(x)[:, 1:]
        return relative_hazards(columns @ self.theta)


def relative_hazards(predictor: Vector) -> Vector:
    """Return exp of linear predictors, within the limit."""
    hazard: Vector = np.exp(np.clip(predictor, -LARGEST_PREDICTOR, LARGEST_PREDICTOR))
    return hazard


def fit_cox(
    x: Vector, time: Vector, event: Flags, weights: Vector | None = None, *, ties: Ties = "efron"
) -> CoxFit:
    """Return the maximum partial likelihood fit on ``x``, ``(n, p)``, by Newton's method with step-halving.

    ``time`` is ``(n,)``, ``event`` ``(n,)`` bool, ``weights`` ``(n,)`` and not negative. The j-th of d events at one
    time counts the tied subjects as (1 − j/d) of themselves in the risk set by Efron's (1977) method, fully by
    Breslow's (1974). With weights each of the d events has their mean weight, as R's survival has it (Therneau &
    Grambsch, 2000, section 7.3).

    Raises
    ------
    EstimationError
        When there is no event, no column that varies, or a time, weight or covariate is no valid number.
    """
    require_follow_up(time, event, weights)
    weight = np.ones(len(time)) if weights is None else weights
    if not (event & (weight > 0)).any():
        raise EstimationError(
            "a hazard model found no event; expected some; wait for more follow-up, or merge arms and levels"
        )
    design = standardise(x)
    made = _Likelihood.of(design.columns, time, event, weight, ties)
    theta, iterations = _maximise(made)
    value, score, information = made.derivatives(theta)
    covariance = pseudo_inverse(information)
    per_event = float(np.abs(score).max(initial=0.0)) / float((weight * event).sum())
    converged = per_event <= SCORE_TOLERANCE * 10
    move = float(np.ptp(design.columns @ (covariance @ score))) if design.kept else 0.0
    return CoxFit(
        coefficients=_given(design, theta / design.scales),
        standard_errors=_given(design, np.sqrt(np.diag(covariance)) / design.scales),
        theta=theta,
        covariance=covariance,
        influence=len(time) * made.residuals(theta) @ covariance,
        log_likelihood=value,
        iterations=iterations,
        converged=converged,
        separated=move > SEPARATION_MOVE or _flat(information, float((weight * event).sum())),
        design=design,
    )


_FLATTEST = 1e-6
"""Information per event on a standardised column below which the likelihood has practically no maximum."""


def _flat(information: Vector, events: float) -> bool:
    """Return whether the likelihood is as good as flat in some direction at its maximum."""
    if not len(information):
        return False
    return bool(np.linalg.eigvalsh(information).min() < _FLATTEST * events)


def _given(design: StandardisedDesign, values: Vector) -> Vector:
    """Return values of the kept columns at their places among the given ones, NaN for aliased columns."""
    found = np.full(len(design.kept) + len(design.aliased), np.nan)
    found[list(design.kept)] = values
    return found


@dataclass(frozen=True, slots=True)
class _Likelihood:
    """The partial likelihood on fixed columns: its risk sets, and one step for each event.

    A step is an event at the distinct time ``at`` with the mean weight ``worth`` of the events there; its risk set is
    without the share ``less`` of the tied events.
    """

    columns: Vector
    event: Flags
    weight: Vector
    sets: RiskSets
    at: NDArray[np.intp]
    worth: Vector
    less: Vector

    @classmethod
    def of(cls, columns: Vector, time: Vector, event: Flags, weight: Vector, ties: Ties) -> "_Likelihood":
        sets = RiskSets.of(time)
        counted = event & (weight > 0)
        number = sets.at(counted.astype(np.float64)).astype(np.intp)
        at = np.repeat(np.arange(len(number)), number)
        mean = sets.at(weight * counted)[at] / number[at]
        first = np.concatenate([[0], np.cumsum(number)])[at]
        order = (np.arange(len(at)) - first) / number[at]
        less = order if ties == "efron" else np.zeros(len(at))
        return cls(columns, counted, weight, sets, at, mean, less)

    def _sums(self, theta: Vector) -> tuple[Vector, Vector, Vector]:
        """Return each subject's weighted relative hazard, ``(n,)``, and of each step the sum over its risk set and the mean covariates there."""
        hazard = self.weight * relative_hazards(self.columns @ theta)
        moments = hazard[:, None] * np.column_stack([np.ones(len(hazard)), self.columns])
        tied = self.sets.at(moments * self.event[:, None])[self.at]
        total = self.sets.at_risk(moments)[self.at] - self.less[:, None] * tied
        return hazard, total[:, 0], total[:, 1:] / total[:, :1]

    def value(self, theta: Vector) -> float:
        """Return the logarithm of the partial likelihood."""
        return self._value(theta, self._sums(theta)[1])

    def _value(self, theta: Vector, total: Vector) -> float:
        predictor = np.clip(self.columns @ theta, -LARGEST_PREDICTOR, LARGEST_PREDICTOR)
        return float(np.sum((self.weight * predictor)[self.event]) - np.sum(self.worth * np.log(total)))

    def derivatives(self, theta: Vector) -> tuple[float, Vector, Vector]:
        """Return the value, the score ``(q,)`` and the information ``(q, q)``."""
        hazard, total, mean = self._sums(theta)
        score = (self.weight * self.event) @ self.columns - self.worth @ mean
        carried = hazard * self._cumulated(self.worth / total)
        information = (self.columns * carried[:, None]).T @ self.columns
        information -= (mean * self.worth[:, None]).T @ mean
        return self._value(theta, total), score, information

    def residuals(self, theta: Vector) -> Vector:
        """Return each subject's weighted score residual, ``(n, q)``."""
        hazard, total, mean = self._sums(theta)
        jumps = self.worth / total
        number = np.bincount(self.at, minlength=len(self.sets.times))
        average = np.zeros((len(self.sets.times), self.columns.shape[1]))
        np.add.at(average, self.at, mean)
        average /= np.maximum(number, 1)[:, None]
        own = (self.weight * self.event)[:, None] * (self.columns - average[self.sets.place])
        expected = self.columns * self._cumulated(jumps)[:, None] - self._cumulated(jumps[:, None] * mean)
        residual: Vector = own - hazard[:, None] * expected
        return residual

    def _cumulated(self, terms: Vector) -> Vector:
        """Return the sum of the steps' terms, ``(steps, ...)``, over the risk sets that hold each subject, ``(n, ...)``.

        A subject with an event counts at its own time without the share that the step takes off.
        """
        shape = (len(self.sets.times), *terms.shape[1:])
        sums, reduced = np.zeros(shape), np.zeros(shape)
        np.add.at(sums, self.at, terms)
        np.add.at(reduced, self.at, (self.less * terms.T).T)
        own = reduced[self.sets.place]
        own[~self.event] = 0.0
        found: Vector = self.sets.until(sums) - own
        return found


def _maximise(made: _Likelihood) -> tuple[Vector, int]:
    """Return the maximum of the likelihood, or the last iterate when there is no maximum, and the number of steps."""
    theta = np.zeros(made.columns.shape[1])
    if not len(theta):
        return theta, 0
    value, score, information = made.derivatives(theta)
    scale = float((made.weight * made.event).sum())
    iterations, ended = 0, False
    while not ended and iterations < MAX_ITERATIONS:
        iterations += 1
        ended = float(np.abs(score).max()) / scale <= SCORE_TOLERANCE
        step = pseudo_inverse(information) @ score
        rose, theta, value = _uphill(made, theta, step, value)
        ended |= not rose
        _, score, information = made.derivatives(theta)
    return theta, iterations


def _uphill(made: _Likelihood, theta: Vector, step: Vector, value: float) -> tuple[bool, Vector, float]:
    """Halve ``step`` until the likelihood rises; return whether it rose, and at which point."""
    slack = np.finfo(float).eps * len(made.weight) * abs(value)
    for halving in range(MAX_HALVINGS):
        candidate = theta + step / 2**halving
        reached = made.value(candidate)
        if reached >= value - slack:
            return True, candidate, reached
    return False, theta, value
