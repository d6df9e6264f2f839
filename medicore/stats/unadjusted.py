"""The unadjusted difference of means, shown beside what is adjusted."""

import numpy as np
from numpy.typing import NDArray

from medicore.stats.estimate import Estimate


def difference_of_means(treated: NDArray[np.bool_], outcome: NDArray[np.float64]) -> Estimate:
    """Return the difference of the arms' means, with Welch's standard error, √(s1²/n1 + s0²/n0), ddof 1."""
    arms = (outcome[treated], outcome[~treated])
    value = float(arms[0].mean() - arms[1].mean())
    error = float(np.sqrt(sum(arm.var(ddof=1) / len(arm) for arm in arms)))
    return Estimate("ATE", "unadjusted", value, error, "unequal variances, ddof 1", len(outcome))
