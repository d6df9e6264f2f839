"""Balance of covariates between arms, before and after weighting."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medicore.stats.balance.weights import Target
from medicore.stats.given import checked

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TermBalance:
    """Balance of one term, unweighted and weighted; differences are treated minus control, ratios treated over control.

    ``smd`` is the signed standardised mean difference, ``variance_ratio`` the ratio of variances, ``ks`` the
    largest distance between the distribution functions (Kolmogorov–Smirnov), ``difference`` the difference of means.
    """

    smd_unweighted: float
    smd_weighted: float
    variance_ratio_unweighted: float
    variance_ratio_weighted: float
    ks_unweighted: float
    ks_weighted: float
    difference_unweighted: float
    difference_weighted: float


@checked
def standardised_mean_differences(
    x: Vector, treated: NDArray[np.bool_], weights: Vector, target: Target = "ATE"
) -> tuple[TermBalance, ...]:
    """Return the balance of each column of ``x``, ``(n, p)``.

    SMD = (m1 − m0)/√((s1² + s0²)/2) for ATE and ATO, and (m1 − m0)/s1 for ATT. The means are weighted; the variances
    are those of the unweighted sample (Austin, 2009; Stuart, 2010, section 4), with ddof 1. For a column with any two
    values the variance is p(1 − p) on the scale of 0 and 1. When the denominator is 0, the SMD is infinite if the means
    differ and 0 if they are equal. The variance ratio is infinite when only the control variance is 0, and 1 when both
    variances are 0.
    """
    return tuple(_term(column, treated, weights, target) for column in x.T)


def _term(column: Vector, treated: NDArray[np.bool_], weights: Vector, target: Target) -> TermBalance:
    binary = bool(np.isin(column, (column.min(), column.max())).all())
    even = np.ones(len(treated))
    denominator = _denominator(column, treated, binary, target)
    smds, ratios, distances, differences = [], [], [], []
    for w in (even, weights):
        means = [_mean(column[arm], w[arm]) for arm in (treated, ~treated)]
        variances = [_variance(column[arm], w[arm], binary) for arm in (treated, ~treated)]
        differences.append(means[0] - means[1])
        smds.append(_ratio(differences[-1], denominator))
        ratios.append(1.0 if variances[0] == variances[1] else _ratio(variances[0], variances[1]))
        distances.append(_distance(column, treated, w))
    return TermBalance(
        smds[0],
        smds[1],
        ratios[0],
        ratios[1],
        distances[0],
        distances[1],
        differences[0],
        differences[1],
    )


def _denominator(column: Vector, treated: NDArray[np.bool_], binary: bool, target: Target) -> float:
    """Return the standard deviation of the unweighted sample by which a difference of means is divided."""
    variances = [_variance(column[arm], np.ones(int(arm.sum())), binary) for arm in (treated, ~treated)]
    return float(np.sqrt(variances[0] if target == "ATT" else sum(variances) / 2))


def _variance(values: Vector, weights: Vector, binary: bool) -> float:
    """Return the variance under weights: p(1 − p) for two values, else Σw(x − m)²/(Σw − Σw²/Σw).

    With values a and b, p(1 − p)(b − a)² is (b − m)(m − a).
    """
    if values.min() == values.max():
        return 0.0
    mean = _mean(values, weights)
    if binary:
        return float((values.max() - mean) * (mean - values.min()))
    total = float(weights.sum())
    freedom = total - float((weights**2).sum()) / total
    return float((weights * (values - mean) ** 2).sum()) / freedom


def _mean(values: Vector, weights: Vector) -> float:
    """Return the weighted mean; if all values are equal, return that value exactly, without rounding error."""
    if values.min() == values.max():
        return float(values[0])
    return float(np.average(values, weights=weights))


def _distance(column: Vector, treated: NDArray[np.bool_], weights: Vector) -> float:
    """Return the largest distance between the arms' weighted distribution functions."""
    order = np.argsort(column, kind="stable")
    values = column[order]
    steps = np.where(treated, weights / weights[treated].sum(), -weights / weights[~treated].sum())[order]
    last_of_ties = values[1:] != values[:-1]
    return float(np.abs(np.cumsum(steps))[:-1][last_of_ties].max(initial=0.0))


def _ratio(numerator: float, denominator: float) -> float:
    if denominator == 0:
        return 0.0 if numerator == 0 else float(np.copysign(np.inf, numerator))
    return numerator / denominator
