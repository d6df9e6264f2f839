"""Repeated intervals and sequential p-values: what they are when there is one look, and how they go together."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from medicore.errors import EstimationError
from medicore.stats.monitoring.boundaries import looks
from medicore.stats.monitoring.repeated import repeated_interval, sequential_p_value
from tests.stats.monitoring.designs import EARLY, EQUAL, LATE, ONE_SIDED, designs

LEVEL = 1e-6
"""Relative, of a p-value."""
Z = (1.2, 2.1, 2.9, 2.4, 2.6)


def test_an_interval_is_the_boundary_in_standard_errors() -> None:
    """Look 3 of the anchor, fractions .2 .45 .7, z = 2.7: 0.29697 to 6.15726 on the scale of the drift."""
    c = looks(LATE, (0.2, 0.45, 0.7))[-1].critical_value
    scale = 1 / np.sqrt(0.7)
    assert repeated_interval(2.7 * scale, scale, c) == pytest.approx((0.296972, 6.157262), abs=1e-6)
    assert repeated_interval(1.0, 0.5, 2.0, sides=1) == (0.0, np.inf)
    assert repeated_interval(1.0, 0.5, np.inf) == (-np.inf, np.inf)


@pytest.mark.parametrize(
    ("value", "error", "c"), [(np.nan, 1, 2), (1, 0, 2), (1, -1, 2), (1, np.inf, 2), (1, 1, np.nan)]
)
def test_an_estimate_without_interval_is_refused(value: float, error: float, c: float) -> None:
    """Numbers that are none, and a standard error that is not above 0."""
    with pytest.raises(EstimationError, match="has no interval"):
        repeated_interval(value, error, c)


@given(designs, st.floats(0.01, 6))
def test_one_look_has_the_fixed_p_value(design: object, z: float) -> None:
    """With all information at one look the sequential p-value is the normal one."""
    found = sequential_p_value(design, (1.0,), (z,))  # type: ignore[arg-type]
    assert found == pytest.approx(design.sides * ndtr(-z), rel=LEVEL)  # type: ignore[attr-defined]


@settings(max_examples=15)
@given(designs, st.lists(st.floats(-1, 4.5), min_size=5, max_size=5))
def test_the_p_value_never_rises_and_says_whether_a_boundary_was_crossed(
    design: object, z: list[float]
) -> None:
    """After each look it is at most alpha exactly when a boundary was crossed by then."""
    found = [sequential_p_value(design, EQUAL[: k + 1], z[: k + 1]) for k in range(5)]  # type: ignore[arg-type]
    assert all(later <= early * (1 + LEVEL) for early, later in pairwise(found))
    at = np.array([look.critical_value for look in looks(design, EQUAL)])  # type: ignore[arg-type]
    crossed = np.cumsum(np.abs(z) >= at if design.sides == 2 else z >= at) > 0  # type: ignore[attr-defined]
    assert [p <= design.alpha for p in found] == crossed.tolist()  # type: ignore[attr-defined]


def test_the_level_of_the_p_value_is_the_one_that_just_crosses() -> None:
    """With this level for alpha the best look's boundary is its statistic."""
    p = sequential_p_value(LATE, EQUAL, Z)
    found = [look.critical_value for look in looks(replace(LATE, alpha=p), EQUAL)]
    assert np.max(np.array(Z) - found) == pytest.approx(0, abs=LEVEL)
    assert sequential_p_value(LATE, EQUAL, [-z for z in Z]) == pytest.approx(p, rel=LEVEL)


def test_p_values_at_the_ends() -> None:
    """No effect at all: 1; on the wrong side of a one-sided design: 1; beyond every number: the smallest there is."""
    assert sequential_p_value(EARLY, EQUAL, (0,) * 5) == 1
    assert sequential_p_value(ONE_SIDED, EQUAL, (-9,) * 5) == 1
    assert sequential_p_value(ONE_SIDED, (1.0,), (-1.0,)) == pytest.approx(ndtr(1.0), rel=LEVEL)
    for z in (36.5, 37.0, 37.5, 50.0):
        expected = 2 * ndtr(-min(z, 37.0))
        assert sequential_p_value(EARLY, (1.0,), (z,)) == pytest.approx(expected, rel=LEVEL, abs=0)


@pytest.mark.parametrize("z", [(), (1.0,), (1.0, np.nan)])
def test_statistics_are_one_for_each_look(z: tuple[float, ...]) -> None:
    """Too few and no number are refused; so is no look at all."""
    with pytest.raises(EstimationError, match=f"{len(z)} statistics for 2 looks"):
        sequential_p_value(LATE, (0.5, 1), z)
    with pytest.raises(EstimationError, match="0 statistics for 0 looks"):
        sequential_p_value(LATE, (), ())


@pytest.mark.parametrize("at", [(0.38, 1.0), (0.2, 0.4, 0.41, 1.0)])
def test_a_one_sided_p_value_is_searched_up_to_1(at: tuple[float, ...]) -> None:
    """Levels near 1 leave no path behind, which is no obstacle: the boundary is below all, and the p-value is found."""
    early = replace(EARLY, alpha=0.025, sides=1)
    assert sequential_p_value(early, at, [-9.0] * len(at)) == pytest.approx(1, abs=LEVEL)
    p = sequential_p_value(early, at, [0.0] * len(at))
    of_level = [look.critical_value for look in looks(replace(early, alpha=p), at)]
    assert 0.5 < p < 0.8
    assert min(of_level) == pytest.approx(0, abs=1e-8)


def test_where_all_may_cross_the_boundary_is_below_them() -> None:
    """A level of 1 − 6e-16 leaves no path after the first look: whoever is left crosses."""
    certain = looks(replace(EARLY, alpha=float(ndtr(8.0)), sides=1), (0.38, 1.0))
    assert certain[-1].critical_value == -40
