"""Effects within subgroups, and whether they differ by more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from medicore.errors import EstimationError
from medicore.stats.effect.estimate import Estimate

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class InteractionTest:
    """Test that an effect is the same in every subgroup: χ² statistic, its degrees of freedom, p-value."""

    statistic: float
    degrees_of_freedom: int
    p_value: float


def subgroup_average(
    contributions: Vector, subset: NDArray[np.bool_], estimand: str, estimator: str
) -> Estimate:
    """Return the effect in a subgroup: the mean of its subjects' contributions to the whole sample's estimate.

    No model is refitted: ``contributions``, ``(n,)``, come from ``augmented_inverse_probability``. The standard error
    is the standard deviation within the subgroup, ddof 1, divided by √m, where m is its size.

    Raises
    ------
    EstimationError
        When the subgroup has fewer than two subjects.
    """
    inside = contributions[subset]
    if len(inside) < 2:
        raise EstimationError(
            f"the subgroup {estimand} has {len(inside)} subject(s); expected two or more; leave it out"
        )
    return Estimate(
        estimand,
        estimator,
        float(inside.mean()),
        float(inside.std(ddof=1) / np.sqrt(len(inside))),
        "influence function, models of the whole sample, ddof 1",
        len(inside),
    )


def interaction_test(estimates: Sequence[Estimate]) -> InteractionTest:
    """Return the test that independent subgroups have the same effect: Q = Σ(θ − θ̄)²/SE², θ̄ weighted by 1/SE².

    Cochran (1954); with two subgroups it is the square of their difference over its standard error.

    Raises
    ------
    EstimationError
        When fewer than two subgroups are given, or a standard error is not positive.
    """
    values = np.array([estimate.value for estimate in estimates])
    errors = np.array([estimate.standard_error for estimate in estimates])
    if len(values) < 2 or not (errors > 0).all():
        raise EstimationError(
            f"an interaction test found {int((errors > 0).sum())} estimable subgroup(s) of {len(values)}; expected "
            "two or more, each with a standard error; leave out the others"
        )
    precision = 1 / errors**2
    common = float(precision @ values / precision.sum())
    statistic = float(precision @ (values - common) ** 2)
    freedom = len(values) - 1
    return InteractionTest(statistic, freedom, float(chdtrc(freedom, statistic)))
