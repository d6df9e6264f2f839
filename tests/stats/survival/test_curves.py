"""Influences on a curve, cumulative incidence and pseudo-observations follow from the curve itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.survival.aalen_johansen import aalen_johansen
from medicore.stats.survival.curve_influence import Summary, curve_summary, summary_of
from medicore.stats.survival.kaplan_meier import kaplan_meier
from medicore.stats.survival.pseudo_observations import pseudo_observations
from tests.stats.survival.followed import follow

seeds = st.integers(min_value=0, max_value=2**31)
SUMMARIES: tuple[Summary, ...] = ("survival", "restricted mean")


@pytest.mark.parametrize("summary", SUMMARIES)
@settings(max_examples=25)
@given(seed=seeds)
def test_the_influence_on_a_curve_is_the_derivative_by_a_subjects_weight(summary: Summary, seed: int) -> None:
    """Central differences of the weighted curve give each subject's influence, with ties and without."""
    data, step = follow(seed % 1000, n=30).rounded(1 + seed % 2), 1e-5
    base = np.random.Generator(np.random.PCG64(seed)).uniform(0.5, 2, 30)
    found = curve_summary(data.time, data.event, 1.0, summary, base)
    for row in range(0, 30, 5):
        ends = []
        for sign in (1, -1):
            weights = base.copy()
            weights[row] += sign * step
            ends.append(summary_of(kaplan_meier(data.time, data.event, weights), 1.0, summary))
        assert found.influence[row] == pytest.approx(base[row] * (ends[0] - ends[1]) / (2 * step), abs=1e-7)


def test_without_ties_the_robust_error_of_a_curve_is_greenwoods() -> None:
    """The sum of squared influences is Greenwood's variance."""
    data = follow(8)
    curve = kaplan_meier(data.time, data.event)
    found = curve_summary(data.time, data.event, 1.0, "survival")
    assert found.value == curve.at(1.0)
    assert found.standard_error == pytest.approx(curve.standard_error(1.0), rel=1e-9)


@settings(max_examples=25)
@given(seeds)
def test_incidences_and_survival_are_one_together(seed: int) -> None:
    """Who has not survived has had one of the two events, and the influences add up to 0."""
    data = follow(seed % 1000).rounded(seed % 3)
    one = aalen_johansen(data.time, data.event, data.competing, 1.0)
    other = aalen_johansen(data.time, data.competing, data.event, 1.0)
    free = curve_summary(data.time, data.event | data.competing, 1.0, "survival")
    assert one.value + other.value + free.value == pytest.approx(1.0, abs=1e-12)
    assert one.influence + other.influence == pytest.approx(-free.influence, abs=1e-12)


def test_without_competing_events_the_incidence_is_one_minus_survival() -> None:
    """Aalen and Johansen's estimator is Kaplan and Meier's where nothing competes."""
    data = follow(9)
    nothing = np.zeros(len(data.time), dtype=bool)
    found = aalen_johansen(data.time, data.event, nothing, 1.0, data.weights)
    curve = curve_summary(data.time, data.event, 1.0, "survival", data.weights)
    assert found.value == pytest.approx(1 - curve.value, abs=1e-12)
    assert found.standard_error == pytest.approx(curve.standard_error, rel=1e-12)


@settings(max_examples=25)
@given(seeds)
def test_the_influence_on_an_incidence_is_the_derivative_by_a_subjects_weight(seed: int) -> None:
    """Central differences of the weighted incidence give each subject's influence."""
    data, step = follow(seed % 1000, n=30).rounded(1), 1e-5
    base = np.random.Generator(np.random.PCG64(seed)).uniform(0.5, 2, 30)
    found = aalen_johansen(data.time, data.event, data.competing, 1.0, base)
    for row in range(0, 30, 5):
        ends = []
        for sign in (1, -1):
            weights = base.copy()
            weights[row] += sign * step
            ends.append(aalen_johansen(data.time, data.event, data.competing, 1.0, weights).value)
        assert found.influence[row] == pytest.approx(base[row] * (ends[0] - ends[1]) / (2 * step), abs=1e-7)


@pytest.mark.parametrize("summary", SUMMARIES)
def test_pseudo_observations_are_those_of_the_curves_without_each_subject(summary: Summary) -> None:
    """Each is n times the whole less n − 1 times the rest, with tied times."""
    data = follow(12, n=40).rounded(1)
    found = pseudo_observations(data.time, data.event, 1.0, summary)
    whole = summary_of(kaplan_meier(data.time, data.event), 1.0, summary)
    for row in range(40):
        rest = np.arange(40) != row
        without = summary_of(kaplan_meier(data.time[rest], data.event[rest]), 1.0, summary)
        assert found[row] == pytest.approx(40 * whole - 39 * without, abs=1e-9)


def test_pseudo_observations_of_complete_follow_up_are_the_outcomes() -> None:
    """Without censoring they are whether the subject survives, and its time up to the horizon."""
    data = follow(12, censored=False)
    every = np.ones(len(data.time), dtype=bool)
    alive = pseudo_observations(data.time, every, 1.0, "survival")
    assert alive == pytest.approx((data.time > 1.0).astype(float), abs=1e-9)
    lived = pseudo_observations(data.time, every, 1.0, "restricted mean")
    assert lived == pytest.approx(np.minimum(data.time, 1.0), abs=1e-9)


def test_before_the_first_time_everybody_survives() -> None:
    """A horizon before every time has pseudo-observations of full survival."""
    data = follow(12)
    early = float(data.time.min()) / 2
    assert set(pseudo_observations(data.time, data.event, early, "survival")) == {1.0}


def test_a_single_subject_has_no_pseudo_observation() -> None:
    """Nothing is left without it."""
    with pytest.raises(EstimationError, match="1 subject"):
        pseudo_observations(np.array([1.0]), np.array([True]), 1.0, "survival")
