"""Effect measures: contrasts of the two arms' means, with standard errors by the delta method."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.estimate import Estimate
from medicore.stats.sandwich import standard_error

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ArmMeans:
    """The mean outcome under each arm in one target population, by one estimator with one variance method.

    ``influence_treated`` and ``influence_control`` are ``(n,)``: each subject's influence on the means, centred
    up to rounding. ``variance`` names the method, and ``ddof`` is what its divisor takes from n.
    """

    estimand: str
    estimator: str
    treated: float
    control: float
    influence_treated: Vector
    influence_control: Vector
    variance: str
    ddof: int

    def relabelled(self, estimand: str) -> "ArmMeans":
        """Return the same means under another name of their target population."""
        return replace(self, estimand=estimand)


def mean_treated(means: ArmMeans) -> Estimate:
    """Return the mean outcome if everybody in the target population were treated."""
    return _estimate(means, f"E[Y1] ({means.estimand})", means.treated, 1.0, 0.0)


def mean_control(means: ArmMeans) -> Estimate:
    """Return the mean outcome if nobody in the target population were treated."""
    return _estimate(means, f"E[Y0] ({means.estimand})", means.control, 0.0, 1.0)


def difference(means: ArmMeans) -> Estimate:
    """Return the difference of means, treated less control; of risks when the outcome is 0 or 1."""
    return _estimate(means, means.estimand, means.treated - means.control, 1.0, -1.0)


def risk_ratio(means: ArmMeans) -> Estimate:
    """Return the ratio of risks, with the delta-method standard error on its own scale.

    Raises EstimationError when a risk is not between 0 and 1, exclusive.
    """
    risk_1, risk_0 = _risks(means)
    ratio = risk_1 / risk_0
    return _estimate(means, f"{means.estimand}, risk ratio", ratio, 1 / risk_0, -ratio / risk_0)


def log_risk_ratio(means: ArmMeans) -> Estimate:
    """Return the natural logarithm of the ratio of risks; its interval, exponentiated, is the ratio's."""
    risk_1, risk_0 = _risks(means)
    return _estimate(
        means, f"{means.estimand}, log risk ratio", np.log(risk_1 / risk_0), 1 / risk_1, -1 / risk_0
    )


def odds_ratio(means: ArmMeans) -> Estimate:
    """Return the marginal odds ratio, with the delta-method standard error on its own scale."""
    log_ratio = log_odds_ratio(means)
    ratio = float(np.exp(log_ratio.value))
    return replace(
        log_ratio,
        estimand=f"{means.estimand}, odds ratio",
        value=ratio,
        standard_error=ratio * log_ratio.standard_error,
    )


def log_odds_ratio(means: ArmMeans) -> Estimate:
    """Return the natural logarithm of the marginal odds ratio; its interval, exponentiated, is the ratio's."""
    risk_1, risk_0 = _risks(means)
    value = np.log(risk_1 / (1 - risk_1)) - np.log(risk_0 / (1 - risk_0))
    return _estimate(
        means,
        f"{means.estimand}, log odds ratio",
        value,
        1 / (risk_1 * (1 - risk_1)),
        -1 / (risk_0 * (1 - risk_0)),
    )


def _risks(means: ArmMeans) -> tuple[float, float]:
    if not (0 < means.treated < 1 and 0 < means.control < 1):
        raise EstimationError(
            "the estimated risk of an arm is not strictly between 0 and 1; expected a risk; report the difference"
        )
    return means.treated, means.control


def _estimate(means: ArmMeans, estimand: str, value: float, slope_1: float, slope_0: float) -> Estimate:
    influence = slope_1 * means.influence_treated + slope_0 * means.influence_control
    error = standard_error(influence, means.ddof)
    return Estimate(estimand, means.estimator, float(value), error, means.variance, len(influence))
