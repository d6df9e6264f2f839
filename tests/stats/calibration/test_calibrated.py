"""The calibrated effect and the minimal detectable effect, by the distributions of scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from medicore.stats.calibration.calibrated import calibrated_effect
from medicore.stats.calibration.detectable import POWER, detectable_effect
from medicore.stats.calibration.error_distribution import ErrorDistribution
from medicore.stats.calibration.pooled_deviation import pooled_deviation

SAME = 1e-9
"""Two ways to one number."""

_numbers = st.floats(-3, 3)
_errors = st.floats(0.05, 2)


@given(_numbers, _errors, _numbers, _errors)
def test_the_p_values_are_tails_of_the_fitted_null(
    value: float, error: float, mean: float, deviation: float
) -> None:
    """Under no effect the estimate is N(μ, τ² + SE²): two-sided it is twice the smaller tail, one-sided the upper one."""
    null = norm(mean, np.sqrt(error**2 + deviation**2))
    found = calibrated_effect(value, error, ErrorDistribution(mean, deviation))
    assert found.p_above == pytest.approx(null.sf(value), abs=SAME)
    assert found.p_value == pytest.approx(2 * min(null.sf(value), null.cdf(value)), abs=SAME)
    low, high = found.interval(0.95)
    assert low <= value - mean <= high
    assert (low <= 0 <= high) == (found.p_value >= 0.05) or found.p_value == pytest.approx(0.05, abs=1e-9)
    assert (high - low) / 2 == pytest.approx(norm.ppf(0.975) * null.std(), abs=SAME)


def test_without_systematic_error_nothing_is_calibrated() -> None:
    """The estimate, its error and the ordinary interval remain."""
    found = calibrated_effect(1.2, 0.5, ErrorDistribution(0.0, 0.0))
    assert (found.value, found.standard_error) == (1.2, 0.5)
    assert found.interval(0.9) == pytest.approx(norm.interval(0.9, 1.2, 0.5), abs=SAME)
    assert found.p_value == pytest.approx(2 * norm.sf(2.4), abs=SAME)


@pytest.mark.parametrize("power", [POWER, 0.9])
def test_a_detectable_effect_is_found_with_its_power(power: float) -> None:
    """An estimate around it, with its standard error, is above the two-sided critical value with that probability."""
    effect = detectable_effect(0.3, 0.95, power)
    assert norm.sf(norm.ppf(0.975) * 0.3, effect, 0.3) == pytest.approx(power, abs=SAME)
    assert detectable_effect(0.3, 0.95) == pytest.approx(2.801585 * 0.3, abs=1e-6)
    assert detectable_effect(0.6, 0.95, power) == pytest.approx(2 * effect, abs=SAME)


def test_the_pooled_deviation_is_that_within_the_arms() -> None:
    """It is the root of the residual variance of a linear model with the arm alone, and a difference of the arms changes nothing."""
    random = np.random.default_rng(4)
    treated = np.arange(40) < 15
    outcome = random.normal(size=40) * np.where(treated, 2.0, 1.0)
    design = np.column_stack([np.ones(40), treated])
    _, squares, *_ = np.linalg.lstsq(design, outcome)
    expected = float(np.sqrt(squares[0] / 38))
    assert pooled_deviation(treated, outcome) == pytest.approx(expected, abs=SAME)
    assert pooled_deviation(~treated, outcome + 100 * treated) == pytest.approx(expected, abs=1e-7)
    assert pooled_deviation(np.array([True, True, False]), np.array([0.0, 2.0, 5.0])) == pytest.approx(
        np.sqrt(2)
    )
