"""Double programming of the win probability: computed a second time, by other means.

Nothing here is shared with the primary route, neither code nor algebra.

=====================  ======================================  =============================================
part                   primary                                 here
=====================  ======================================  =============================================
columns                standardised                            rotated and whitened by their SVD
logistic regression    Newton with step-halving                scikit-learn's LogisticRegression
outcome models         least squares of each threshold         scikit-learn's LinearRegression of each level
estimate               distribution functions, summed          U-statistic: every two subjects compared, level
                                                               by level
standard error         delta method over the thresholds        projection of the U-statistic (Hoeffding, 1948)
=====================  ======================================  =============================================
"""

from math import fsum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medicore.stats.given import checked
from medicore.stats.verification import Verification
from medicore.stats.verification_models import linear_predictor, projection

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]

_LIBRARY = "scikit-learn"
_ROUTE = "SVD-whitened columns, a linear model per level, U-statistic and its projection"


@checked
def verify_wins(
    x_propensity: Vector,
    x_outcome: Vector,
    treated: Flags,
    outcome: Vector,
    levels: int,
    *,
    measure: Literal["difference", "win odds"] = "difference",
) -> Verification:
    """Return the effect of ``augmented_wins`` by models per arm, with the influence function's standard error.

    The win odds are on the scale of the logarithm. Designs are ``(n, p)`` without intercept. Value and error are NaN, which
    confirms nothing, when the logistic regression is not proved to be at its maximum.
    """
    n = len(treated)
    logit = linear_predictor(x_propensity, treated, np.ones(n, dtype=bool))
    membership = outcome[:, None] == np.arange(levels)
    of_level = []
    for sign, arm in ((1.0, treated), (-1.0, ~treated)):
        against = np.exp(np.minimum(-sign * logit, 700.0))
        columns = [_contributions(x_outcome, arm, mine, against) for mine in membership.T.astype(np.float64)]
        of_level.append(np.column_stack(columns))
    better = np.tri(levels, k=-1) + np.eye(levels) / 2
    one, zero = of_level
    # h of two subjects, averaged over the second, and over the first
    as_treated = one @ (better @ zero.mean(axis=0))
    as_control = zero @ (better.T @ one.mean(axis=0))
    chance = fsum(as_treated.tolist()) / n
    influence = (as_treated - chance) + (as_control - chance)
    error = np.sqrt(fsum((influence**2).tolist()) / (n * (n - 1)))
    if measure == "difference":
        return Verification(2 * chance - 1, float(2 * error), _LIBRARY, _ROUTE)
    inside = 0 < chance < 1
    value = np.log(chance) - np.log1p(-chance) if inside else np.nan
    scale = chance * (1 - chance) if inside else np.nan
    return Verification(float(value), float(error / scale), _LIBRARY, _ROUTE)


def _contributions(x: Vector, arm: Flags, mine: Vector, against: Vector) -> Vector:
    """Return each subject's contribution to the chance of one level in an arm; ``against`` are the odds against the arm."""
    modelled = projection(x, mine, arm)
    rows = zip(arm.tolist(), mine, modelled, against, strict=True)
    return np.array([(y - m) * (1 + odds) + m if inside else m for inside, y, m, odds in rows])
