"""Estimates after a stop: other software's numbers, coverage by definition, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from medicore.errors import EstimationError
from medicore.stats.monitoring.boundaries import looks
from medicore.stats.monitoring.crossing import crossing_probabilities
from medicore.stats.monitoring.stagewise import StageWise, stage_wise
from tests.stats.monitoring.designs import EARLY, EQUAL, LATE, PROBABILITY

ANCHOR = 5e-5
ROUNDING = 1e-8
AT = (0.2, 0.45, 0.7)


def stopped(design: object, at: tuple[float, ...], z: float) -> StageWise:
    """Return what a two-sided study says that stopped at the last of these looks."""
    upper = [look.critical_value for look in looks(design, at[:-1])] if len(at) > 1 else []  # type: ignore[arg-type]
    return stage_wise(at, [-value for value in upper], upper, z)


def test_a_stop_at_the_third_look() -> None:
    """O'Brien & Fleming's type, z = 2.7: p .003866, drift 3.2093 (.8520 to 5.5579), as gsDesign and ldbounds find."""
    found = stopped(LATE, AT, 2.7)
    assert found.p_value == pytest.approx(0.003866, abs=5e-7)
    assert (found.estimate, found.low, found.high) == pytest.approx((3.2093, 0.8520, 5.5579), abs=ANCHOR)
    assert found.level == 0.95


@given(st.floats(0.1, 2), st.floats(-5, 5))
def test_one_look_is_the_fixed_analysis(fraction: float, z: float) -> None:
    """Estimate z/√t, interval ± 1.96/√t, p the normal tail."""
    found = stage_wise((fraction,), (), (), z)
    root = np.sqrt(fraction)
    assert found.p_value == pytest.approx(ndtr(-z), abs=ROUNDING)
    limits = (found.low * root, found.estimate * root, found.high * root)
    assert limits == pytest.approx((z - ndtri(0.975), z, z + ndtri(0.975)), abs=ROUNDING)


@settings(max_examples=10)
@given(st.integers(1, 5), st.floats(-3, 6))
def test_limits_are_where_the_result_is_as_extreme_as_they_say(number: int, z: float) -> None:
    """Under each limit the probability of a result at least as extreme is its own, whichever look stopped."""
    at = EQUAL[:number]
    upper = [look.critical_value for look in looks(EARLY, at)][:-1]
    lower = [-value for value in upper]
    found = stage_wise(at, lower, upper, z, level=0.9)
    for drift, probability in (
        (found.low, 0.05),
        (found.estimate, 0.5),
        (found.high, 0.95),
        (0, found.p_value),
    ):
        tail = sum(crossing_probabilities(at, [*lower, -np.inf], [*upper, z], drift).upper)
        assert tail == pytest.approx(probability, abs=ROUNDING)
    assert found.low < found.estimate < found.high


def test_an_earlier_stop_is_more_extreme() -> None:
    """At the boundary of each look the p-value is the level spent on this side until then; so it rises with the look."""
    spent = looks(EARLY, EQUAL)
    tails = [stopped(EARLY, EQUAL[: k + 1], spent[k].critical_value).p_value for k in range(5)]
    assert tails == pytest.approx([look.spent / 2 for look in spent], abs=ROUNDING)


def test_a_stop_below_mirrors_one_above() -> None:
    """−z has the estimates with the other sign, and the same two-sided p-value."""
    above, below = stopped(LATE, AT, 2.7), stopped(LATE, AT, -2.7)
    assert (below.low, below.estimate, below.high) == pytest.approx(
        (-above.high, -above.estimate, -above.low), abs=1e-6
    )
    assert below.two_sided_p_value == pytest.approx(above.two_sided_p_value, abs=PROBABILITY)
    assert above.two_sided_p_value == 2 * above.p_value


def test_a_drift_far_from_its_statistic_is_found() -> None:
    """A result just inside at the last look, after a wide early one, has limits far from z/√t."""
    found = stage_wise((0.01, 1.0), (-0.1,), (0.1,), 8.0)
    tail = sum(crossing_probabilities((0.01, 1.0), (-0.1, -np.inf), (0.1, 8.0), found.high).upper)
    assert tail == pytest.approx(0.975, abs=ROUNDING)
    low = stage_wise((0.01, 1.0), (-0.1,), (0.1,), -8.0).low
    assert low == pytest.approx(-found.high, abs=1e-6)


def test_the_scale_of_the_effect() -> None:
    """A drift is the effect in units of SE·√t: the naive estimate z·SE is a drift of z/√t."""
    found = stopped(LATE, AT, 2.7)
    scaled = found.scaled(0.3, 0.7)
    unit = 0.3 * np.sqrt(0.7)
    assert (scaled.estimate, scaled.low, scaled.high) == pytest.approx(
        (found.estimate * unit, found.low * unit, found.high * unit), abs=ROUNDING
    )
    assert (scaled.p_value, scaled.level) == (found.p_value, found.level)


@pytest.mark.parametrize(("error", "fraction"), [(0, 1), (np.inf, 1), (1, 0), (1, np.inf), (np.nan, 1)])
def test_a_scale_that_is_none_is_refused(error: float, fraction: float) -> None:
    """Both numbers are finite and above 0."""
    with pytest.raises(EstimationError, match=r"standard error .* at information fraction"):
        StageWise(0.1, 1, 0, 2, 0.95).scaled(error, fraction)


def test_what_is_refused() -> None:
    """A statistic and a level that are none, no look, and bounds that are not one fewer than the looks."""
    with pytest.raises(EstimationError, match="the statistic is nan"):
        stage_wise((1.0,), (), (), np.nan)
    with pytest.raises(EstimationError, match="level is 1"):
        stage_wise((1.0,), (), (), 2.0, level=1.0)
    with pytest.raises(EstimationError, match="there is no look"):
        stage_wise((), (), (), 2.0)
    with pytest.raises(EstimationError, match="2 lower bounds for 1 looks"):
        stage_wise((1.0,), (-2,), (2,), 2.0)
