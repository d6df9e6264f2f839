"""The Kaplan–Meier curve is the product over times, with Greenwood's variance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.stats.survival.kaplan_meier import kaplan_meier
from tests.stats.survival.followed import follow

seeds = st.integers(min_value=0, max_value=2**31)

REMISSION = np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35.0])
RELAPSE = np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]) == 1
"""Weeks in remission under 6-mercaptopurine: Freireich et al. (1963); Cox & Oakes (1984), table 1.1."""


def test_the_curve_of_the_leukaemia_trial_is_the_published_one() -> None:
    """S(10) = .753, S(23) = .448 with Greenwood's errors .0963 and .1346; the median is 23 weeks."""
    curve = kaplan_meier(REMISSION, RELAPSE)
    assert [round(curve.at(week), 3) for week in (5.9, 6, 10, 23, 40)] == [1.0, 0.857, 0.753, 0.448, 0.448]
    assert curve.standard_error(10) == pytest.approx(0.0963, abs=5e-5)
    assert curve.standard_error(23) == pytest.approx(0.1346, abs=5e-5)
    assert curve.median == 23


@settings(max_examples=25)
@given(seeds)
def test_statsmodels_gives_the_same_curve_and_errors(seed: int) -> None:
    """An independent implementation agrees at every time, with ties and without."""
    from statsmodels.duration.survfunc import SurvfuncRight

    data = follow(seed % 1000).rounded(seed % 3)
    theirs = SurvfuncRight(data.time, data.event.astype(float))
    curve = kaplan_meier(data.time, data.event)
    for time, value, error in zip(theirs.surv_times, theirs.surv_prob, theirs.surv_prob_se, strict=True):
        assert curve.at(time) == pytest.approx(value, abs=1e-12)
        if 0 < value < 1:
            assert curve.standard_error(time) == pytest.approx(error, abs=1e-12)


@settings(max_examples=25)
@given(seeds)
def test_a_weight_counts_as_so_many_subjects(seed: int) -> None:
    """Subjects with whole weights give the curve of the sample in which they are repeated."""
    data = follow(seed % 1000, n=40).rounded(1)
    weights = np.random.Generator(np.random.PCG64(seed)).integers(0, 4, 40)
    rows = np.repeat(np.arange(40), weights)
    one = kaplan_meier(data.time, data.event, weights.astype(float))
    other = kaplan_meier(data.time[rows], data.event[rows])
    for time in other.times:
        assert one.at(time) == pytest.approx(other.at(time), abs=1e-12)
        assert one.standard_error(time) == pytest.approx(other.standard_error(time), abs=1e-12)


def test_the_mean_of_complete_follow_up_is_the_mean_of_the_times() -> None:
    """Without censoring the restricted mean is the mean of min(T, horizon), and its error that of a mean, ddof 0."""
    data = follow(3, censored=False)
    every = np.ones(len(data.time), dtype=bool)
    curve = kaplan_meier(data.time, every)
    cut = np.minimum(data.time, 1.5)
    assert curve.restricted_mean(1.5) == pytest.approx(cut.mean(), abs=1e-12)
    assert curve.restricted_mean_error(1.5) == pytest.approx(cut.std() / np.sqrt(len(cut)), abs=1e-12)


def test_the_restricted_mean_up_to_everybodys_event_has_an_error() -> None:
    """Where the curve reaches 0 before the horizon, its last fall adds nothing to the variance."""
    time = np.array([1.0, 2.0, 3.0])
    curve = kaplan_meier(time, np.array([True, True, True]))
    assert curve.restricted_mean(9.0) == pytest.approx(2.0)
    assert curve.restricted_mean_error(9.0) == pytest.approx(time.std() / np.sqrt(3))


def test_intervals_are_within_0_and_1_and_hold_the_curve() -> None:
    """Both scales give limits around the curve; a curve of 1 or 0 has itself for limits."""
    curve = kaplan_meier(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, True, True]))
    assert curve.interval(0.5, 0.95) == (1.0, 1.0)
    assert curve.interval(4.0, 0.95) == (0.0, 0.0)
    assert curve.standard_error(0.5) == curve.standard_error(4.0) == 0.0
    for kind in ("log", "log-log"):
        low, high = curve.interval(3.0, 0.95, kind)
        assert 0 < low < curve.at(3.0) < high <= 1


def test_a_curve_that_stays_above_one_half_has_an_infinite_median() -> None:
    """Nobody's event, no median."""
    assert kaplan_meier(np.array([1.0, 2.0]), np.array([False, False])).median == float("inf")


def test_subjects_without_weight_leave_the_curve_as_it_is() -> None:
    """A time at which nobody with a weight is followed changes nothing."""
    curve = kaplan_meier(np.array([1.0, 2.0]), np.array([True, True]), np.array([1.0, 0.0]))
    assert curve.survival.tolist() == [0.0, 0.0]
