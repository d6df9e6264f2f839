"""Wald intervals and p-values, normal and Student's."""

import numpy as np
import pytest
from scipy.stats import norm, t

from medicore.stats.effect.estimate import Estimate


def estimate(value: float = 1.5, error: float = 0.6, freedom: float | None = None) -> Estimate:
    """Return an estimate with the given value, standard error and degrees of freedom."""
    return Estimate("ATE", "test", value, error, "given", 10, freedom)


@pytest.mark.parametrize("freedom", [None, 3.0, 220.0])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_interval_and_p_value_are_scipys(freedom: float | None, level: float) -> None:
    """Value ∓ quantile times error, and twice the tail; with degrees of freedom, Student's."""
    law = norm if freedom is None else t(freedom)
    low, high = estimate(freedom=freedom).interval(level)
    margin = law.ppf((1 + level) / 2) * 0.6
    assert (low, high) == (pytest.approx(1.5 - margin), pytest.approx(1.5 + margin))
    assert estimate(freedom=freedom).p_value == pytest.approx(2 * law.sf(2.5))


def test_the_normal_interval_at_95_per_cent_uses_1_959964() -> None:
    """The reference's own constant, to six decimals."""
    low, high = estimate(0.0, 1.0).interval(0.95)
    assert high == pytest.approx(1.959964, abs=5e-7)
    assert low == -high


@pytest.mark.parametrize("sign", [1, -1])
def test_the_sign_does_not_change_the_p_value(sign: int) -> None:
    """The test is two-sided."""
    assert estimate(sign * 1.5).p_value == pytest.approx(2 * norm.sf(2.5))


def test_without_spread_the_p_value_is_zero_or_one() -> None:
    """A value of 0 known exactly is no effect; any other is one."""
    assert estimate(0.0, 0.0).p_value == 1
    assert estimate(0.1, 0.0).p_value == 0
    assert np.isfinite(estimate(0.0, 0.0).interval(0.95)).all()
