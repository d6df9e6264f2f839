"""Intervals of a bootstrap: their quantiles, their names, and what they are against other software."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import bootstrap, norm

from medicore.errors import EstimationError
from medicore.stats.bootstrap.bootstrap_result import BootstrapResult, acceleration

QUANTILE_TOLERANCE = 1e-12
"""Relative; a quantile of given replicates."""


def result(estimates: NDArray[np.float64], value: float, slant: float = 0.0) -> BootstrapResult:
    """Return a bootstrap with these replicates of a mean."""
    means = np.column_stack([estimates, np.zeros_like(estimates)])
    return BootstrapResult(value, estimates, means, estimates, estimates, len(estimates), {}, 1, slant)


def test_standard_error_has_ddof_1() -> None:
    """The standard error of replicates 1, 2, 3, 4 is √(5/3)."""
    assert result(np.array([1.0, 2.0, 3.0, 4.0]), 2.5).standard_error == pytest.approx(np.sqrt(5 / 3))


def test_the_percentile_interval_is_linear_between_order_statistics() -> None:
    """Of 0, 1, …, 100 the 90 % interval is 5 to 95, and of 0, 1 it interpolates."""
    assert result(np.arange(101.0), 50).percentile_interval(0.9) == pytest.approx((5, 95))
    assert result(np.array([0.0, 1.0]), 0.5).percentile_interval(0.9) == pytest.approx((0.05, 0.95))


def test_kinds_are_named() -> None:
    """An interval is asked for by its name."""
    made = result(np.random.Generator(np.random.PCG64(1)).normal(size=500), 0.2, 0.05)
    assert made.interval(0.95, "percentile") == made.percentile_interval(0.95)
    assert made.interval(0.95, "BCa") == made.bca_interval(0.95)
    assert made.interval(0.95, "BCa") != made.percentile_interval(0.95)


def test_without_bias_and_acceleration_bca_is_the_percentile_interval() -> None:
    """With half of the replicates on either side and a = 0, the two intervals are one."""
    made = result(np.arange(101.0), 50.0)
    assert made.bias_correction == 0
    assert made.bca_interval(0.9) == pytest.approx(made.percentile_interval(0.9), rel=QUANTILE_TOLERANCE)


def test_ties_with_the_estimate_count_half() -> None:
    """z0 is the normal quantile of the share below, a replicate equal to the estimate being half below."""
    made = result(np.array([0.0, 1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), 1.0)
    assert made.bias_correction == pytest.approx(norm.ppf(0.25))


@given(st.floats(-0.16, 0.16), st.floats(30, 70), st.floats(0.5, 0.99))
def test_bca_follows_its_formula(slant: float, value: float, level: float) -> None:
    """The limits are the quantiles Φ(z0 + (z0 + z)/(1 − a(z0 + z)))."""
    estimates = np.linspace(0, 100, 101)
    made = result(estimates, value, slant)
    ends = []
    for z in (norm.ppf(0.5 - level / 2), norm.ppf(0.5 + level / 2)):
        moved = made.bias_correction + z
        ends.append(100 * norm.cdf(made.bias_correction + moved / (1 - slant * moved)))
    assert made.bca_interval(level) == pytest.approx(tuple(ends), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("value", [-1.0, 101.0])
def test_bca_needs_replicates_on_both_sides(value: float) -> None:
    """Where all replicates lie on one side of the estimate there is no bias correction."""
    with pytest.raises(EstimationError, match="one side of the estimate"):
        result(np.arange(101.0), value).bca_interval(0.95)


def test_bca_of_a_mean_agrees_with_scipy() -> None:
    """For a skewed sample's mean, whose jackknife is its influence function, scipy's BCa interval is near."""
    chance = np.random.Generator(np.random.PCG64(5))
    x = chance.exponential(size=20)
    influence = x - x.mean()
    draws = chance.integers(0, 20, size=(20_000, 20))
    made = result(x[draws].mean(axis=1), float(x.mean()), acceleration(influence))
    peer = bootstrap((x,), np.mean, n_resamples=20_000, rng=np.random.default_rng(6)).confidence_interval
    monte_carlo = 0.015
    assert made.bca_interval(0.95) == pytest.approx((peer.low, peer.high), abs=monte_carlo)
    assert abs(made.percentile_interval(0.95)[1] - peer.high) > monte_carlo


def test_acceleration_is_the_skewness_over_six_root_n() -> None:
    """Acceleration is Σu³/(6(Σu²)^1.5), which any scale and shift of the influence values leave alone."""
    values = np.array([0.0, 0.0, 0.0, 4.0])
    centred = values - 1
    expected = float((centred**3).sum() / (6 * (centred**2).sum() ** 1.5))
    assert acceleration(values) == pytest.approx(expected)
    assert acceleration(10 * values - 3) == pytest.approx(expected)
    assert acceleration(1e-3 * values) == pytest.approx(expected)
    assert acceleration(-values) == pytest.approx(-expected)
    assert acceleration(np.ones(4)) == 0


def test_the_spread_is_half_the_central_range() -> None:
    """Of equidistant replicates it is 0.3413 of their number and a third, and no replicate far out changes it."""
    plain = np.arange(1.0, 100.0)
    found = result(plain, 50).spread
    assert found == pytest.approx((99 + 1 / 3) * 0.3413447460685429)
    assert result(np.where(plain == 99, 1e9, plain), 50).spread == found


def test_few_replicates_have_the_spread_of_many() -> None:
    """Over 4,000 sets of 32 normal replicates the spread is their standard deviation, within two hundredths."""
    chance = np.random.Generator(np.random.PCG64(2))
    spreads = [result(chance.normal(size=32), 0).spread for _ in range(4000)]
    assert np.mean(spreads) == pytest.approx(1, abs=0.02)
