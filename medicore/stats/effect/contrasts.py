"""Effect measures: contrasts of the two arms' means, with standard errors by the delta method."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.estimate import Estimate

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ArmMeans:
    """The mean outcome under each arm in one target population, by one estimator with one variance method.

    ``root`` is ``(m, 2)``, one column for each mean, treated first: rootᵀ · root is the covariance matrix of the
    means. ``variance`` names the method and its ddof; ``n`` is the number of subjects in the analysis. Contrasts use
    Student's t when ``degrees_of_freedom`` is given.
    """

    estimand: str
    estimator: str
    treated: float
    control: float
    root: Vector
    variance: str
    n: int
    degrees_of_freedom: float | None = None

    @property
    def covariance(self) -> Vector:
        """Covariance matrix of the means, ``(2, 2)``, treated first."""
        product: Vector = self.root.T @ self.root
        return product


def means_of_influence(
    estimand: str,
    estimator: str,
    means: Sequence[float],
    influences: Sequence[Vector],
    variance: str,
    ddof: int = 0,
) -> ArmMeans:
    """Return the arms' means with the variance of their influence values.

    ``influences`` are ``(n,)`` each, treated first. They are centred; the divisor of their variance is n − ``ddof``.
    """
    columns = np.column_stack(list(influences))
    n = len(columns)
    root = (columns - columns.mean(axis=0)) / np.sqrt(n * (n - ddof))
    return ArmMeans(estimand, estimator, means[0], means[1], root, variance, n)


def mean_treated(means: ArmMeans) -> Estimate:
    """Return the mean outcome if everybody in the target population were treated."""
    return _estimate(means, "mean if treated", means.treated, 1.0, 0.0)


def mean_control(means: ArmMeans) -> Estimate:
    """Return the mean outcome if nobody in the target population were treated."""
    return _estimate(means, "mean if not treated", means.control, 0.0, 1.0)


def difference(means: ArmMeans) -> Estimate:
    """Return the difference of means, treated minus control; a difference of risks when the outcome is 0 or 1."""
    return _estimate(means, "", means.treated - means.control, 1.0, -1.0)


def risk_ratio(means: ArmMeans) -> Estimate:
    """Return the ratio of risks, with the delta-method standard error on its own scale.

    Raises EstimationError when a risk is not between 0 and 1, exclusive.
    """
    risk_1, risk_0 = _risks(means)
    ratio = risk_1 / risk_0
    return _estimate(means, "risk ratio", ratio, 1 / risk_0, -ratio / risk_0)


def log_risk_ratio(means: ArmMeans) -> Estimate:
    """Return the natural logarithm of the ratio of risks; its exponentiated interval is that of the ratio.

    Raises EstimationError when a risk is not between 0 and 1, exclusive.
    """
    risk_1, risk_0 = _risks(means)
    return _estimate(means, "log risk ratio", np.log(risk_1 / risk_0), 1 / risk_1, -1 / risk_0)


def log_rate_ratio(means: ArmMeans) -> Estimate:
    """Return the natural logarithm of the ratio of rates; its exponentiated interval is that of the ratio.

    Raises EstimationError when a rate is not above 0.
    """
    if not (means.treated > 0 and means.control > 0):
        raise EstimationError("the rate of an arm is not above 0; expected a rate; report the difference")
    one, zero = means.treated, means.control
    return _estimate(means, "log rate ratio", np.log(one / zero), 1 / one, -1 / zero)


def log_win_odds(means: ArmMeans) -> Estimate:
    """Return the natural logarithm of the win odds, the ratio of the chances to fare better; they add up to 1.

    Raises EstimationError when a chance is not between 0 and 1, exclusive.
    """
    if not 0 < means.treated < 1:
        raise EstimationError(
            "the win probability is not strictly between 0 and 1; expected arms that overlap; report the net benefit"
        )
    one, zero = means.treated, means.control
    return _estimate(means, "log win odds", np.log(one / zero), 1 / one, -1 / zero)


def odds_ratio(means: ArmMeans) -> Estimate:
    """Return the marginal odds ratio, with the delta-method standard error on its own scale.

    Raises EstimationError when a risk is not between 0 and 1, exclusive.
    """
    ratio, slope_1, slope_0 = _odds_ratio(means)
    return _estimate(means, "odds ratio", ratio, ratio * slope_1, ratio * slope_0)


def log_odds_ratio(means: ArmMeans) -> Estimate:
    """Return the natural logarithm of the marginal odds ratio; its exponentiated interval is that of the ratio.

    Raises EstimationError when a risk is not between 0 and 1, exclusive.
    """
    ratio, slope_1, slope_0 = _odds_ratio(means)
    return _estimate(means, "log odds ratio", np.log(ratio), slope_1, slope_0)


def _odds_ratio(means: ArmMeans) -> tuple[float, float, float]:
    """Return the odds ratio, and the derivatives of its logarithm with respect to each risk."""
    risk_1, risk_0 = _risks(means)
    ratio = risk_1 / (1 - risk_1) / (risk_0 / (1 - risk_0))
    return ratio, 1 / (risk_1 * (1 - risk_1)), -1 / (risk_0 * (1 - risk_0))


def _risks(means: ArmMeans) -> tuple[float, float]:
    if not (0 < means.treated < 1 and 0 < means.control < 1):
        raise EstimationError(
            "the mean outcome of an arm is not strictly between 0 and 1; expected a risk; report the difference"
        )
    return means.treated, means.control


def _estimate(means: ArmMeans, measure: str, value: float, slope_1: float, slope_0: float) -> Estimate:
    error = float(np.linalg.norm(means.root @ np.array([slope_1, slope_0])))
    estimand = f"{means.estimand}, {measure}" if measure else means.estimand
    return Estimate(
        estimand, means.estimator, float(value), error, means.variance, means.n, means.degrees_of_freedom
    )
