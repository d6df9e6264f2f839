"""The score interval of a difference of risks: published numbers, a second route, symmetries, and its coverage."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar
from scipy.special import xlogy
from scipy.stats import binom, norm

from medicore.errors import EstimationError
from medicore.stats.effect.score_interval import RiskDifferences, restricted_risk, risk_differences

PRINTED = 0.5e-4 + 1e-9
NEAR = 1e-6

PUBLISHED = [
    ((56, 70, 48, 80), (0.0528, 0.3382)),
    ((9, 10, 3, 10), (0.1700, 0.8406)),
    ((6, 7, 2, 7), (0.0342, 0.8534)),
    ((5, 56, 0, 29), (-0.0326, 0.1933)),
    ((0, 10, 0, 20), (-0.1658, 0.2844)),
    ((0, 10, 0, 10), (-0.2879, 0.2879)),
    ((10, 10, 0, 20), (0.7156, 1.0000)),
    ((10, 10, 0, 10), (0.6636, 1.0000)),
]
"""Newcombe, 1998, Statistics in Medicine 17:873–890, table II, method 6, with the four digits that the paper prints.

Typed in, and held against a search by the definition of the interval below; other packages' tests carry the same digits.
"""

counts = st.tuples(st.integers(1, 60), st.integers(1, 60)).flatmap(
    lambda n: st.tuples(st.integers(0, n[0]), st.just(n[0]), st.integers(0, n[1]), st.just(n[1]))
)


def limits(x1: int, n1: int, x0: int, n0: int, level: float = 0.95) -> tuple[float, float, float]:
    """Return one difference and its limits."""
    found = risk_differences([x1], n1, [x0], n0, level)
    return float(found.estimate[0]), float(found.low[0]), float(found.high[0])


@pytest.mark.parametrize(("table", "interval"), PUBLISHED)
def test_published_intervals_are_reproduced(
    table: tuple[int, int, int, int], interval: tuple[float, float]
) -> None:
    """Every printed limit comes out, with nobody and with everybody having an event too."""
    assert limits(*table)[1:] == pytest.approx(interval, abs=PRINTED)


def likelihood(x: int, n: int, risk: float) -> float:
    """Return the logarithm of the likelihood of a risk, but for what does not depend on it."""
    return float(xlogy(x, risk) + xlogy(n - x, 1 - risk))


def by_search(x1: int, n1: int, x0: int, n0: int) -> tuple[float, float]:
    """Return the limits by maximising the likelihood numerically, and finding the roots of the statistic."""
    found, quantile = x1 / n1 - x0 / n0, norm.ppf(0.975)

    def statistic(delta: float) -> float:
        def against(risk: float) -> float:
            return -likelihood(x1, n1, risk + delta) - likelihood(x0, n0, risk)

        ends = (max(0.0, -delta), min(1.0, 1 - delta))
        p0 = minimize_scalar(against, bounds=ends, method="bounded", options={"xatol": 1e-12}).x
        p1 = p0 + delta
        variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * (n1 + n0) / (n1 + n0 - 1)
        return float((found - delta) / np.sqrt(variance))

    beside = 1e-9  # of the estimate, where nobody or everybody with an event has a variance of 0
    low = brentq(lambda delta: statistic(delta) - quantile, -0.9999, found - beside)
    high = 1.0 if found == 1 else brentq(lambda delta: statistic(delta) + quantile, found + beside, 0.9999)
    return float(low), float(high)


@pytest.mark.parametrize(("table", "interval"), PUBLISHED)
def test_the_printed_limits_follow_from_the_definition(
    table: tuple[int, int, int, int], interval: tuple[float, float]
) -> None:
    """A search of the likelihood, without our code, rounds to every printed digit: none is a slip of the pen."""
    assert by_search(*table) == pytest.approx(interval, abs=PRINTED)


@pytest.mark.parametrize("table", [(56, 70, 48, 80), (3, 40, 7, 35), (1, 120, 2, 240), (17, 30, 4, 31)])
def test_another_route_finds_the_limits(table: tuple[int, int, int, int]) -> None:
    """Maximising the likelihood by search and solving for the limit gives the same interval."""
    assert limits(*table)[1:] == pytest.approx(by_search(*table), abs=NEAR)


@settings(max_examples=30)
@given(table=counts)
def test_the_arms_are_exchangeable(table: tuple[int, int, int, int]) -> None:
    """Exchanging the arms, or events for their absence, turns the sign; the interval holds the estimate and is in range."""
    x1, n1, x0, n0 = table
    found, low, high = limits(*table)
    assert -1 <= low <= found <= high <= 1
    assert low < high
    for other in (limits(x0, n0, x1, n1), limits(n1 - x1, n1, n0 - x0, n0)):
        assert (-other[0], -other[2], -other[1]) == pytest.approx((found, low, high), abs=1e-9)


@given(table=counts, delta=st.floats(-0.95, 0.95))
def test_the_restricted_risk_is_in_range(table: tuple[int, int, int, int], delta: float) -> None:
    """The root is a risk in both arms, and no risk beside it is likelier."""
    x1, n1, x0, n0 = table
    (p0,) = restricted_risk(np.array([x1 * 1.0]), n1, np.array([x0 * 1.0]), n0, np.array([delta]))
    assert max(0.0, -delta) <= p0 <= min(1.0, 1 - delta)

    def both(risk: float) -> float:
        return likelihood(x1, n1, min(1.0, max(0.0, risk + delta))) + likelihood(x0, n0, risk)

    for beside in np.linspace(max(0.0, -delta), min(1.0, 1 - delta), 41):
        assert both(float(beside)) <= both(float(p0)) + NEAR


def test_many_kinds_are_as_each_alone() -> None:
    """The intervals of several events at once are those of each."""
    treated, control = [0, 3, 11, 40], [1, 0, 9, 40]
    made = risk_differences(treated, 40, control, 44, 0.9)
    alone = [limits(x1, 40, x0, 44, 0.9) for x1, x0 in zip(treated, control, strict=True)]
    assert np.column_stack([made.estimate, made.low, made.high]) == pytest.approx(np.array(alone), abs=1e-12)


@cache
def every_outcome(n1: int, n0: int) -> tuple[np.ndarray, np.ndarray, RiskDifferences]:
    """Return every pair of counts of two arms, and the interval of each pair."""
    x1, x0 = (counts.ravel() for counts in np.meshgrid(np.arange(n1 + 1), np.arange(n0 + 1), indexing="ij"))
    return x1, x0, risk_differences(x1, n1, x0, n0, 0.95)


@pytest.mark.parametrize("risks", [(0.02, 0.02), (0.1, 0.05), (0.3, 0.1), (0.5, 0.5), (0.9, 0.6)])
@pytest.mark.parametrize("sizes", [(30, 30), (40, 20), (100, 100)])
def test_the_interval_covers(risks: tuple[float, float], sizes: tuple[int, int]) -> None:
    """Over every outcome of two binomial arms, 60 subjects and more, the true difference is held with 93.5 % at least."""
    (n1, n0), (p1, p0) = sizes, risks
    x1, x0, found = every_outcome(n1, n0)
    chance = binom.pmf(x1, n1, p1) * binom.pmf(x0, n0, p0)
    held = (found.low <= p1 - p0) & (p1 - p0 <= found.high)
    assert 0.935 <= float(chance[held].sum()) <= 1


def test_an_arm_without_subjects_is_refused() -> None:
    """No difference is made of an arm that has nobody."""
    with pytest.raises(EstimationError, match="an arm has no subjects"):
        risk_differences([0], 0, [0], 5, 0.95)
