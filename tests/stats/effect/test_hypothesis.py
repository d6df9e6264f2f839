"""Superiority, non-inferiority and equivalence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.hypothesis import Limits, limits_of, one_sided_p

SAME = 1e-9


def found(value: float, error: float, freedom: float | None = None) -> Estimate:
    """Return an estimate."""
    return Estimate("ATE", "any", value, error, "any", 50, freedom)


@pytest.mark.parametrize(
    ("kind", "benefit", "expected"),
    [
        ("superiority", "higher", Limits(0.0, None)),
        ("superiority", "lower", Limits(None, 0.0)),
        ("non-inferiority", "higher", Limits(-2.0, None)),
        ("non-inferiority", "lower", Limits(None, 2.0)),
        ("equivalence", None, Limits(-2.0, 2.0)),
    ],
)
def test_the_limits_of_each_hypothesis(kind: str, benefit: str | None, expected: Limits) -> None:
    """The margin stands on the side of no benefit, on both sides for equivalence, and is 0 for superiority."""
    assert limits_of(kind, None if kind == "superiority" else 2.0, benefit) == expected  # type: ignore[arg-type]


def test_an_interval_must_lie_within_its_limits() -> None:
    """Touching a limit is not enough."""
    assert Limits(-2.0, None).hold(-1.9, 50.0)
    assert not Limits(-2.0, None).hold(-2.0, 50.0)
    assert Limits(None, 2.0).hold(-50.0, 1.9)
    assert not Limits(-2.0, 2.0).hold(-1.0, 2.0)


def test_two_one_sided_tests_as_statsmodels_has_them() -> None:
    """The p-values of equivalence are those of ``ttost_ind`` with pooled variance."""
    from statsmodels.stats.weightstats import ttost_ind

    chance = np.random.default_rng(7)
    one, zero = chance.normal(0.2, 1, 40), chance.normal(0, 1, 35)
    pooled = (39 * one.var(ddof=1) + 34 * zero.var(ddof=1)) / 73
    estimate = found(one.mean() - zero.mean(), float(np.sqrt(pooled * (1 / 40 + 1 / 35))), 73.0)
    larger, low, high = ttost_ind(one, zero, -0.8, 0.8, usevar="pooled")
    below, above = one_sided_p(estimate, limits_of("equivalence", 0.8, None))
    assert (below, above) == pytest.approx((low[1], high[1]), rel=SAME)
    assert max(below or 0, above or 0) == pytest.approx(larger, rel=SAME)


@given(st.floats(-5, 5), st.floats(0.1, 3), st.sampled_from([None, 4.0, 80.0]))
def test_p_and_interval_say_the_same(value: float, error: float, freedom: float | None) -> None:
    """A one-sided p-value is below 2.5 % exactly where the interval at 95 % lies within the limit."""
    estimate = found(value, error, freedom)
    for limits in (Limits(-1.0, None), Limits(None, 1.0)):
        below, above = one_sided_p(estimate, limits)
        p = below if above is None else above
        assert p is not None
        if abs(p - 0.025) > 1e-9:
            assert (p < 0.025) == limits.hold(*estimate.interval(0.95))


def test_without_an_error_the_effect_is_known() -> None:
    """Where nothing varies, p is 0 beyond the limit and 1 elsewhere."""
    assert one_sided_p(found(1.0, 0.0), Limits(0.0, 1.0)) == (0.0, 1.0)


def test_what_is_refused() -> None:
    """A margin that is missing or no distance, and a direction that is missing."""
    for margin in (None, 0.0, -1.0):
        with pytest.raises(EstimationError, match="equivalence has the margin"):
            limits_of("equivalence", margin, None)
    with pytest.raises(EstimationError, match="superiority has no direction"):
        limits_of("superiority", None, None)
