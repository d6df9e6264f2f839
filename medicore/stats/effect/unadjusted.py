"""The unadjusted contrast of the arms, which the report shows beside the adjusted one."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import ArmMeans, difference, means_of_influence
from medicore.stats.effect.estimate import Estimate
from medicore.stats.given import checked

Vector = NDArray[np.float64]


@checked
def unadjusted_means(treated: NDArray[np.bool_], outcome: Vector) -> ArmMeans:
    """Return the arms' means; the variance of each is s²/n with ddof 1 within the arm (Welch, 1938).

    Raises EstimationError when an arm has fewer than two subjects.
    """
    means, influences = [], []
    for arm in (treated, ~treated):
        size = int(arm.sum())
        if size < 2:
            raise EstimationError(
                f"an arm has {size} subject(s); expected two or more; check arms and criteria"
            )
        mean = float(outcome[arm].mean())
        means.append(mean)
        scale = len(outcome) / np.sqrt(size * (size - 1))
        influences.append(np.where(arm, scale * (outcome - mean), 0.0))
    return means_of_influence("ATE", "unadjusted", means, influences, "unequal variances, ddof 1")


@checked
def difference_of_means(treated: NDArray[np.bool_], outcome: Vector) -> Estimate:
    """Return the difference of the arms' means, with Welch's standard error, √(s1²/n1 + s0²/n0), ddof 1."""
    return difference(unadjusted_means(treated, outcome))


@checked
def welch_difference(treated: NDArray[np.bool_], outcome: Vector) -> Estimate:
    """Return the same difference with interval and p-value by Student's t.

    The degrees of freedom are those of Welch (1938) and Satterthwaite (1946), (v1 + v0)² / (v1²/(n1 − 1) + v0²/(n0 − 1))
    of the variances v = s²/n. There are none where neither arm varies.
    """
    parts = [
        (float(outcome[arm].var(ddof=1)) / int(arm.sum()), int(arm.sum()) - 1) for arm in (treated, ~treated)
    ]
    below = sum(variance**2 / freedom for variance, freedom in parts)
    freedom = sum(variance for variance, _ in parts) ** 2 / below if below > 0 else None
    return replace(difference_of_means(treated, outcome), degrees_of_freedom=freedom)
