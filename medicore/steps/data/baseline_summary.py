"""What the baseline table says of one characteristic: summaries of numbers, and the difference between the arms."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.balance import standardised_mean_differences
from medicore.stats.balance.weights import Target
from medicore.steps.gate import number

_QUANTILES = {"lower_quartile": 25, "median": 50, "upper_quartile": 75, "minimum": 0, "maximum": 100}


def summary(values: NDArray[np.float64]) -> dict[str, Any]:
    """Return counts and summaries of ``values``, ``(n,)``, in which NaN is missing.

    ``n`` counts the observed values and ``missing`` the others. Mean and SD (ddof 1) are 0 where too few values are
    observed; median, quartiles (linear between order statistics; Hyndman & Fan, 1996, type 7), minimum and maximum are
    then None.
    """
    known = values[~np.isnan(values)]
    return {
        "mean": float(known.mean()) if known.size else 0.0,
        "sd": float(known.std(ddof=1)) if known.size > 1 else 0.0,
        "n": int(known.size),
        "missing": int(values.size - known.size),
        **{name: float(np.percentile(known, at)) if known.size else None for name, at in _QUANTILES.items()},
    }


def difference(values: NDArray[np.float64], treated: NDArray[np.bool_], target: Target) -> float | str | None:
    """Return the standardised mean difference of the observed ``values``, ``(n,)``, treated minus control, before weighting.

    It is that of the balance (Austin, 2009), for a level of a category with its indicator; None where an arm has no value.
    """
    known = ~np.isnan(values)
    arm = treated[known]
    if arm.all() or not arm.any():
        return None
    (found,) = standardised_mean_differences(values[known][:, None], arm, np.ones(int(known.sum())), target)
    return number(found.smd_unweighted)
