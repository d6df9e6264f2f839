"""E-values: how strong unmeasured confounding would have to be to explain an effect away."""

from dataclasses import dataclass

import numpy as np

from medicore.errors import EstimationError

STANDARDISED_DIFFERENCE_SLOPE = 0.91
"""A standardised mean difference d corresponds to a risk ratio of about exp(0.91 d)."""


@dataclass(frozen=True, slots=True)
class EValue:
    """E-values of an effect, and of the confidence limit nearer to no effect.

    ``risk_ratio``, ``low`` and ``high`` are the effect as a risk ratio, after the named ``conversion``. An E-value is
    at least 1. The value 1 means that no confounding is needed; the limit has this value when its interval includes no
    effect.
    """

    point: float
    limit: float
    risk_ratio: float
    low: float
    high: float
    conversion: str


def e_value_of_risk_ratio(ratio: float, low: float, high: float) -> EValue:
    """Return the E-values of a risk ratio and its interval.

    The E-value is RR + √(RR(RR − 1)) of the risk ratio, or of its inverse when the ratio is below 1: the smallest risk
    ratio with both treatment and outcome by which an unmeasured confounder can explain the effect away (VanderWeele &
    Ding, 2017, table 2). Raises EstimationError unless 0 < low ≤ ratio ≤ high.
    """
    return _e_value(ratio, low, high, "none: a risk ratio")


def e_value_of_odds_ratio(ratio: float, low: float, high: float, *, rare: bool) -> EValue:
    """Return the E-values of an odds ratio and its interval.

    For a rare outcome (below 15 % at the end of follow-up) the odds ratio approximates the risk ratio; otherwise its
    square root does (VanderWeele & Ding, 2017, table 2; VanderWeele, 2017). Raises EstimationError unless
    0 < low ≤ ratio ≤ high.
    """
    if rare:
        return _e_value(ratio, low, high, "odds ratio taken as risk ratio: rare outcome")
    _require_ordered(ratio, low, high, positive=True)
    root, root_low, root_high = (float(np.sqrt(value)) for value in (ratio, low, high))
    return _e_value(root, root_low, root_high, "square root of the odds ratio: common outcome")


def e_value_of_standardised_difference(difference: float, low: float, high: float) -> EValue:
    """Return the E-values of a standardised mean difference and its interval.

    The risk ratio is about exp(0.91 d) (VanderWeele & Ding, 2017, table 2; Chinn, 2000). The limits are converted in
    the same way; the published exp(0.91 d ∓ 1.78 SE) is the 95 % interval, because 0.91 · 1.96 is 1.78. Raises
    EstimationError unless low ≤ difference ≤ high.
    """
    _require_ordered(difference, low, high, positive=False)
    ratio, ratio_low, ratio_high = (
        float(np.exp(STANDARDISED_DIFFERENCE_SLOPE * value)) for value in (difference, low, high)
    )
    return _e_value(ratio, ratio_low, ratio_high, "exp(0.91 d) of the standardised mean difference")


def _e_value(ratio: float, low: float, high: float, conversion: str) -> EValue:
    _require_ordered(ratio, low, high, positive=True)
    nearest = low if ratio >= 1 else high
    beyond = (nearest > 1) == (ratio >= 1)
    return EValue(_of(ratio), _of(nearest) if beyond else 1.0, ratio, low, high, conversion)


def _of(ratio: float) -> float:
    """Return RR + √(RR(RR − 1)); a risk ratio below 1 is inverted first."""
    above = max(ratio, 1 / ratio)
    return float(above + np.sqrt(above * (above - 1)))


def _require_ordered(value: float, low: float, high: float, *, positive: bool) -> None:
    """Raise EstimationError unless the effect is inside its interval, and ratios are positive."""
    if not (np.isfinite([low, value, high]).all() and low <= value <= high):
        raise EstimationError(
            f"an effect of {value:g} with interval {low:g} to {high:g} has no E-value; expected finite numbers, the "
            "effect inside its interval; look at the estimate"
        )
    if positive and low <= 0:
        raise EstimationError(
            f"a ratio with lower limit {low:g} has no E-value; expected more than 0; look at the estimate"
        )
