"""The measure of an effect: the scale on which the arms' means are compared, and the scale of inference."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.stats.effect.contrasts import (
    ArmMeans,
    difference,
    log_odds_ratio,
    log_rate_ratio,
    log_risk_ratio,
    log_win_odds,
)
from medicore.stats.effect.estimate import Estimate

Vector = NDArray[np.float64]
MeansMeasure = Literal["difference", "risk ratio", "odds ratio"]
"""The measures of means and risks."""
Measure = Literal["difference", "risk ratio", "odds ratio", "rate ratio", "win odds"]


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect as it is printed, with the inference that belongs to its measure.

    ``inference`` is the estimate on the scale on which it is nearly normal: the difference itself, or the natural
    logarithm of a ratio. The effect's standard error and p-value are on this scale; ``value`` and intervals are on the
    measure's own scale.
    """

    measure: Measure
    inference: Estimate

    @property
    def value(self) -> float:
        """The effect on its own scale: a difference, or a ratio."""
        return presented(self.inference.value, self.measure)

    @property
    def estimand(self) -> str:
        """The population of the effect, with the measure if it is a ratio."""
        population = self.inference.estimand.partition(", log ")[0]
        return population if self.measure == "difference" else f"{population}, {self.measure}"

    def interval(self, level: float) -> tuple[float, float]:
        """Return the Wald interval; for a ratio it is computed on the logarithm and exponentiated."""
        low, high = self.inference.interval(level)
        return presented(low, self.measure), presented(high, self.measure)


def effect_of(means: ArmMeans, measure: Measure) -> Effect:
    """Return the effect from the means of two arms, with its delta-method standard error.

    Raises EstimationError for a ratio of risks or odds, and for win odds, when a mean is not strictly between 0 and 1, and for
    a ratio of rates when a mean is not above 0.
    """
    contrast = {
        "difference": difference,
        "risk ratio": log_risk_ratio,
        "odds ratio": log_odds_ratio,
        "rate ratio": log_rate_ratio,
        "win odds": log_win_odds,
    }
    return Effect(measure, contrast[measure](means))


def contrasts_of(treated: Vector, control: Vector, measure: Measure) -> Vector:
    """Return the contrasts of the arms' means, ``(n,)`` each, on the scale of inference.

    A contrast is NaN where its ratio does not exist, because a risk is not strictly between 0 and 1, or a rate not above 0.
    """
    if measure == "difference":
        return treated - control
    if measure in ("rate ratio", "win odds"):  # the chances of win odds add up to 1
        some = (treated > 0) & (control > 0)
        return np.log(np.where(some, treated, np.nan)) - np.log(np.where(some, control, np.nan))
    risky = (treated > 0) & (treated < 1) & (control > 0) & (control < 1)
    one, zero = np.where(risky, treated, np.nan), np.where(risky, control, np.nan)
    if measure == "risk ratio":
        return np.log(one) - np.log(zero)
    return np.log(one) - np.log1p(-one) - np.log(zero) + np.log1p(-zero)


def presented(value: float, measure: Measure) -> float:
    """Return a value, given on the scale of inference, on the measure's own scale."""
    return value if measure == "difference" else float(np.exp(value))


def no_effect(measure: Measure) -> float:
    """Return the value of the measure when the arms are equal: 0 for a difference, 1 for a ratio."""
    return 0.0 if measure == "difference" else 1.0


def scale_of(measure: Measure) -> Literal["identity", "logarithm"]:
    """Return the name of the scale of the measure's standard errors."""
    return "identity" if measure == "difference" else "logarithm"
