"""Balance of covariates between arms, before and after weighting."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TermBalance:
    """Balance of one term: signed SMD and variance ratio, treated over control, unweighted and weighted."""

    smd_unweighted: float
    smd_weighted: float
    variance_ratio_unweighted: float
    variance_ratio_weighted: float


def standardised_mean_differences(
    x: Vector, treated: NDArray[np.bool_], weights: Vector
) -> tuple[TermBalance, ...]:
    """Return the balance of each column of ``x``, ``(n, p)``.

    SMD = (m1 − m0)/√((s1² + s0²)/2): the means weighted, the variances always those of the unweighted sample
    (Austin, 2009; Stuart, 2010, section 4), with ddof 1, and p(1 − p) for a column of 0 and 1. Infinite when
    the denominator is 0 and the means differ; 0 when they do not.
    """
    even = np.ones(len(treated))
    return tuple(_term(x[:, index], treated, even, weights) for index in range(x.shape[1]))


def _term(column: Vector, treated: NDArray[np.bool_], even: Vector, weights: Vector) -> TermBalance:
    binary = bool(np.isin(column, (0.0, 1.0)).all())
    scale = np.sqrt(sum(_variance(column[arm], even[arm], binary) for arm in (treated, ~treated)) / 2)
    smds, ratios = [], []
    for w in (even, weights):
        means = [float(np.average(column[arm], weights=w[arm])) for arm in (treated, ~treated)]
        variances = [_variance(column[arm], w[arm], binary) for arm in (treated, ~treated)]
        smds.append(_ratio(means[0] - means[1], float(scale)))
        ratios.append(_ratio(variances[0], variances[1]) if variances[0] != variances[1] else 1.0)
    return TermBalance(smds[0], smds[1], ratios[0], ratios[1])


def _variance(values: Vector, weights: Vector, binary: bool) -> float:
    """Return the variance under weights: p(1 − p) for indicators, else Σw(x − m)²/(Σw − Σw²/Σw)."""
    mean = float(np.average(values, weights=weights))
    if binary:
        return mean * (1 - mean)
    total = float(weights.sum())
    freedom = total - float((weights**2).sum()) / total
    return float((weights * (values - mean) ** 2).sum()) / freedom if freedom > 0 else 0.0


def _ratio(numerator: float, denominator: float) -> float:
    if denominator == 0:
        return 0.0 if numerator == 0 else float(np.copysign(np.inf, numerator))
    return numerator / denominator
