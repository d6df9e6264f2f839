"""Non-binding bounds below: harm and futility. Who goes on after one spends no level on it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import brentq

from medicore.errors import EstimationError
from medicore.stats.monitoring.boundaries import FARTHEST, ROOT_TOLERANCE, AlphaSpending, Look, looks
from medicore.stats.monitoring.integration import (
    START,
    Paths,
    require_bounds,
    require_fractions,
    share_below,
    still_running,
)
from medicore.stats.monitoring.spending import Spending, require_level


def harm_looks(
    design: AlphaSpending, fractions: Sequence[float], *, earlier: Sequence[Look] = ()
) -> tuple[Look, ...]:
    """Return the looks for harm: their ``critical_value`` is below 0, and z at or below it is a finding of harm.

    ``design`` is a one-sided one of its own, with its own level and function. The bounds for efficacy are left out of
    account, so the probability of a finding of harm without an effect is at most the design's level, whether or not the
    study stops for efficacy. ``earlier`` are earlier looks for harm. Raises EstimationError for a two-sided design, and
    as ``looks`` does.
    """
    if design.sides != 1:
        raise EstimationError("the design for harm is two-sided; expected one side; correct the design")
    above = [replace(look, critical_value=-look.critical_value) for look in earlier]
    found = looks(design, fractions, earlier=above)
    return tuple(replace(look, critical_value=-look.critical_value) for look in found)


def futility_bounds(
    fractions: Sequence[float], upper: Sequence[float], spending: Spending, beta: float, drift: float
) -> tuple[float, ...]:
    """Return the bounds for futility of a study with the ``upper`` bounds for efficacy, one for each look.

    z at or below a bound says that the effect ``drift`` (the mean of z at information fraction 1, above 0) is unlikely to
    be found. The probability to stop so although the effect is there is spent by ``spending`` up to ``beta`` (Pampallona,
    Tsiatis & Kim, 2001). The bounds for efficacy stay as they are: non-binding. No bound is above that for efficacy: where
    it meets it, the study ends either way. Raises EstimationError unless fractions rise, there is an upper bound for each,
    0 < beta < 1 and the drift is finite and above 0.
    """
    require_fractions(fractions)
    require_bounds(len(fractions), upper=upper)
    require_level(beta, "beta")
    if not 0 < drift < np.inf:
        raise EstimationError(f"the drift is {drift:g}; expected a finite number above 0; look at the effect")
    paths, before = START, 0.0
    found: list[float] = []
    for fraction, high, after in zip(fractions, upper, (*fractions[1:], None), strict=True):
        now = spending.spent(fraction, beta)
        bound = _bound(paths, fraction, high, now - before, drift)
        found.append(bound)
        before = now
        if after is not None:
            paths = still_running(paths, fraction, bound, high, after, drift)
    return tuple(found)


def _bound(paths: Paths, fraction: float, high: float, level: float, drift: float) -> float:
    """Return the bound that is met from above with probability ``level``, or the upper bound if that is lower."""
    if share_below(paths, fraction, high, drift) <= level:
        return high
    if share_below(paths, fraction, -FARTHEST, drift) >= level:
        return -float("inf")
    return float(
        brentq(
            lambda bound: share_below(paths, fraction, bound, drift) - level,
            -FARTHEST,
            min(high, FARTHEST),
            xtol=ROOT_TOLERANCE,
        )
    )
