"""The log-rank test compares the events of an arm with those expected."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.survival.cox import fit_cox
from medicore.stats.survival.log_rank import log_rank
from tests.stats.survival.followed import follow

seeds = st.integers(min_value=0, max_value=2**31)


@settings(max_examples=25)
@given(seeds)
def test_statsmodels_gives_the_same_test(seed: int) -> None:
    """An independent implementation agrees, with ties and without."""
    from statsmodels.duration.survfunc import survdiff

    data = follow(seed % 1000).rounded(seed % 3)
    statistic, p = survdiff(data.time, data.event.astype(float), data.treated)
    found = log_rank(data.treated, data.time, data.event)
    assert found.statistic == pytest.approx(statistic, rel=1e-9)
    assert found.p_value == pytest.approx(p, rel=1e-9)


@settings(max_examples=25)
@given(seeds)
def test_the_other_arm_has_the_opposite_excess_and_a_common_weight_cancels(seed: int) -> None:
    """Exchanged arms change the sign; weights times a number leave the test as it is."""
    data = follow(seed % 1000).rounded(1)
    one = log_rank(data.treated, data.time, data.event, data.weights)
    other = log_rank(~data.treated, data.time, data.event, 3 * data.weights)
    assert other.excess == pytest.approx(-3 * one.excess, abs=1e-9)
    assert other.statistic == pytest.approx(one.statistic, rel=1e-9)


def test_without_ties_the_excess_is_the_score_of_a_hazard_model() -> None:
    """The weighted excess is the slope of the weighted partial likelihood at no effect."""
    data = follow(5)
    arm = data.treated[:, None].astype(float)
    found = log_rank(data.treated, data.time, data.event, data.weights)
    order = np.argsort(data.time)
    score = sum(
        data.weights[row]
        * (arm[row, 0] - np.average(arm[order[place:], 0], weights=data.weights[order[place:]]))
        for place, row in enumerate(order)
        if data.event[row]
    )
    assert found.excess == pytest.approx(score, abs=1e-9)
    fit = fit_cox(arm, data.time, data.event, data.weights)
    assert np.sign(fit.coefficients[0]) == np.sign(score)


def test_arms_that_no_event_compares_are_refused() -> None:
    """Where events happen only when one arm is left, nothing is compared."""
    treated = np.array([True, True, False])
    with pytest.raises(EstimationError, match="both arms"):
        log_rank(treated, np.array([1.0, 1.0, 2.0]), np.array([False, False, True]))
