"""The bootstrap of a ratio, computed from the bootstrap of the arms' means."""

from dataclasses import replace

import numpy as np

from medicore.errors import EstimationError
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult, acceleration
from medicore.stats.effect.contrasts import ArmMeans
from medicore.stats.effect.measures import Measure, contrasts_of, effect_of

NO_RISK = "risk not between 0 and 1"
NO_RATE = "rate not above 0"
NO_WINS = "win probability not between 0 and 1"
_RISKS = "risks strictly between 0 and 1"
_NEEDED = {
    "rate ratio": ("rates above 0", NO_RATE),
    "win odds": ("a win probability strictly between 0 and 1", NO_WINS),
}


def measured(result: BootstrapResult, means: ArmMeans, measure: Measure) -> BootstrapResult:
    """Return the bootstrap of the measure on its scale of inference, the logarithm for a ratio.

    ``means`` are those of the full sample, with the stacked sandwich. A replicate has no ratio when a risk is not
    strictly between 0 and 1, or a rate not above 0, or the win probability 0 or 1; it then counts as failed. The acceleration is computed from the
    contrast's influence.

    Raises EstimationError when the full sample has no ratio, or fewer than 2 replicates have one.
    """
    if measure == "difference":
        return result
    contrasts = contrasts_of(result.arm_means[:, 0], result.arm_means[:, 1], measure)
    usable = np.isfinite(contrasts)
    needed, lacking = _NEEDED.get(measure, (_RISKS, NO_RISK))
    if usable.sum() < 2:
        raise EstimationError(
            f"{int(usable.sum())} of {result.replicates} bootstrap replicates have {needed}; "
            f"expected at least 2 for a {measure}; report the difference"
        )
    value = effect_of(means, measure).inference.value
    one, zero = means.treated, means.control
    slopes = (1 / one, -1 / zero)
    if measure == "odds ratio":
        slopes = (1 / (one * (1 - one)), -1 / (zero * (1 - zero)))
    return replace(
        result,
        value=value,
        estimates=contrasts[usable],
        arm_means=result.arm_means[usable],
        hajek=result.hajek[usable],
        g_computation=result.g_computation[usable],
        failed={**result.failed, lacking: int((~usable).sum())},
        acceleration=round(acceleration(means.root @ np.array(slopes)), 12),
    )
