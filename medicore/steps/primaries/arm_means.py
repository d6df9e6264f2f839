"""The arms' means as they are printed beside the effect, each with its interval."""

from collections.abc import Sequence
from typing import Any

from medicore.stats.effect.contrasts import ArmMeans, mean_control, mean_treated
from medicore.stats.effect.estimate import Estimate
from medicore.stats.imputation.pooling import pooled


def arm_means(parts: Sequence[ArmMeans], level: float) -> dict[str, dict[str, Any]]:
    """Return the mean outcome if everybody had been in each arm, with standard error and interval.

    ``parts`` are the means of each completed data set, with the variance of the primary analysis; several are pooled by
    Rubin's rules.
    """
    of = {"treated": mean_treated, "control": mean_control}
    found = {}
    for arm, mean in of.items():
        estimate = _together([mean(part) for part in parts])
        low, high = estimate.interval(level)
        found[arm] = {
            "estimate": estimate.value,
            "standard_error": estimate.standard_error,
            "ci_low": low,
            "ci_high": high,
        }
    return found


def _together(estimates: Sequence[Estimate]) -> Estimate:
    """Return one mean from those of the completed data sets; of an outcome that is constant in an arm, the first."""
    varied = all(one.standard_error > 0 for one in estimates)
    return pooled(estimates).estimate if len(estimates) > 1 and varied else estimates[0]
