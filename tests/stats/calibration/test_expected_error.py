"""The expected absolute systematic error: by integration, and its interval by a search of the whole plane."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import chi2, norm

from medicore.stats.calibration.error_distribution import (
    ErrorDistribution,
    fit_error_distribution,
    log_likelihood,
)
from medicore.stats.calibration.expected_error import expected_absolute, expected_error
from tests.stats.calibration.drawn_controls import drawn

SAME = 1e-7
"""Two ways to one number."""
PLANE = 2e-3
"""The ends of an interval, by a grid over the plane."""


@given(st.floats(-3, 3), st.floats(0.02, 3))
def test_the_expected_error_is_the_integral(mean: float, deviation: float) -> None:
    """Numerical integration of |x| over the normal density gives it; its sign is nothing."""
    found = expected_absolute(ErrorDistribution(mean, deviation))
    low, high = mean - 12 * deviation, mean + 12 * deviation
    points = [0.0] if low < 0 < high else None
    constant = deviation * math.sqrt(2 * math.pi)
    integral, _ = quad(
        lambda x: abs(x) * math.exp(-0.5 * ((x - mean) / deviation) ** 2) / constant,
        low, high, points=points, epsabs=1e-11, limit=200,
    )  # fmt: skip
    assert found == pytest.approx(integral, abs=SAME)
    assert found == pytest.approx(expected_absolute(ErrorDistribution(-mean, deviation)), abs=SAME)


def test_an_error_without_spread_is_its_mean() -> None:
    """Then it is |μ|; without either it is 0; around 0 it is τ√(2/π)."""
    assert expected_absolute(ErrorDistribution(-0.4, 0.0)) == 0.4
    assert expected_absolute(ErrorDistribution(0.0, 0.0)) == 0.0
    assert expected_absolute(ErrorDistribution(0.0, 0.5)) == pytest.approx(0.5 * np.sqrt(2 / np.pi), abs=SAME)


@pytest.mark.parametrize(
    ("seed", "k", "mean", "deviation", "level"),
    [(0, 10, 0.2, 0.3, 0.95), (1, 25, -0.5, 0.1, 0.95), (2, 12, 0.0, 0.4, 0.9), (5, 40, 0.0, 0.0, 0.95)],
)
def test_the_interval_is_the_error_of_every_likely_distribution(
    seed: int, k: int, mean: float, deviation: float, level: float
) -> None:
    """Of all means and deviations in a plane whose likelihood is high enough, the least and the largest error are the ends."""
    y, s = drawn(seed, k, mean, deviation)
    found = expected_error(y, s, level)
    fitted = fit_error_distribution(y, s)
    best = log_likelihood(y, s**2, np.array([fitted.mean]), np.array([fitted.deviation]))[0]
    means, deviations = np.linspace(-1.3, 1.3, 1301), np.linspace(0, 1.4, 701)
    variance = s[:, None] ** 2 + deviations**2
    squares = (1 / variance).T @ (y[:, None] - means) ** 2
    likelihood = -0.5 * (np.log(variance).sum(axis=0)[:, None] + squares)
    rows, columns = np.nonzero(2 * (best - likelihood) <= chi2.ppf(level, 1))
    errors = [
        expected_absolute(ErrorDistribution(float(means[column]), float(deviations[row])))
        for row, column in zip(rows[::7], columns[::7], strict=True)
    ]
    assert found.value == expected_absolute(fitted)
    assert found.level == level
    assert found.low <= min(errors) + 1e-6
    assert found.high >= max(errors) - 1e-6
    assert found.low == pytest.approx(min(errors), abs=5 * PLANE)
    assert found.high == pytest.approx(max(errors), abs=5 * PLANE)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_the_interval_holds_the_value_and_stretches_with_the_unit(seed: int) -> None:
    """It is around the value, wider at a higher level, the same for controls with opposite signs, and in the unit of the controls."""
    y, s = drawn(seed)
    found, wider = expected_error(y, s, 0.9), expected_error(y, s, 0.99)
    assert 0 <= wider.low <= found.low <= found.value <= found.high <= wider.high
    stretched = expected_error(-3 * y, 3 * s, 0.9)
    assert (stretched.low, stretched.value, stretched.high) == pytest.approx(
        (3 * found.low, 3 * found.value, 3 * found.high), abs=1e-6
    )


def test_without_a_sign_of_error_the_interval_begins_at_none() -> None:
    """Controls around 0 that vary as chance lets them allow an error of 0."""
    y, s = np.linspace(-0.2, 0.2, 11), np.full(11, 0.2)
    found = expected_error(y, s, 0.95)
    assert found.value == pytest.approx(0.0, abs=SAME)
    assert found.low == 0.0
    assert found.high > 0.05


def test_exact_controls_give_the_profile_of_the_normal_sample() -> None:
    """For errors of 0.001 around 1 the interval is that of a normal mean by likelihood: 1 ∓ s√(exp(χ²/k) − 1)."""
    y = 1 + 0.01 * norm.ppf((np.arange(20) + 0.5) / 20)
    found = expected_error(y, np.full(20, 1e-6), 0.95)
    margin = y.std() * np.sqrt(np.exp(chi2.ppf(0.95, 1) / 20) - 1)
    assert (found.low, found.high) == pytest.approx((1 - margin, 1 + margin), abs=1e-6)
