"""Surveillance of counted harms: ratios by a second route, signals, the level that is spent, and the end."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from medicore.errors import EstimationError
from medicore.stats.monitoring.maxsprt_binomial import (
    binomial_critical_value,
    binomial_ratio,
    binomial_type_one_error,
)
from medicore.stats.monitoring.maxsprt_poisson import poisson_critical_value, poisson_type_one_error
from medicore.stats.monitoring.surveillance import (
    Surveillance,
    binomial_surveillance,
    poisson_surveillance,
)

ROUTES = 1e-9
"""Two routes to a log likelihood ratio, one by differences of logarithms of probabilities."""
EXACT = 1e-12
RUNS = 20_000
TEN = Surveillance(0.05, 10.0, 2)
SHORT = Surveillance(0.05, 2.0)
FIFTY = Surveillance(0.05, 50.0)


@given(count=st.integers(0, 60), expected=st.floats(0.01, 60))
def test_poisson_ratio_is_a_difference_of_log_likelihoods(count: int, expected: float) -> None:
    """It is that of the counts at the larger of count and expectation, less that at the expectation."""
    found = poisson_surveillance(SHORT, count, expected, None)
    other = poisson.logpmf(count, max(count, expected)) - poisson.logpmf(count, expected)
    assert found.log_likelihood_ratio == pytest.approx(other, abs=ROUTES)
    assert found.expected == expected


@given(st.integers(0, 40), st.integers(0, 40), st.floats(0.2, 5))
def test_binomial_ratio_is_a_difference_of_log_likelihoods(exposed: int, others: int, ratio: float) -> None:
    """It is that of the exposed at the larger of their share and the expected one, less that at the expected one."""
    events, share = exposed + others, 1 / (1 + ratio)
    found = binomial_surveillance(Surveillance(0.05, 12.0), exposed, events, ratio, None)
    observed = max(exposed / events, share) if events else share
    other = binom.logpmf(exposed, events, observed) - binom.logpmf(exposed, events, share)
    assert found.log_likelihood_ratio == pytest.approx(other, abs=ROUTES)
    assert found.expected == pytest.approx(events * share, rel=EXACT)


def test_a_poisson_signal_needs_ratio_and_events() -> None:
    """It comes at the smallest count whose ratio reaches the critical value, and never below the minimum of events."""
    limit = poisson_critical_value(10.0, 0.05, 2)
    found = [poisson_surveillance(TEN, count, 2.0, None) for count in range(12)]
    first = next(count for count, one in enumerate(found) if one.signal)
    assert found[first].log_likelihood_ratio >= limit.value > found[first - 1].log_likelihood_ratio
    assert all(one.signal for one in found[first:])
    assert (found[0].critical_value, found[0].type_one_error) == (limit.value, limit.type_one_error)
    rare = [poisson_surveillance(TEN, count, 0.001, None) for count in (1, 2)]
    assert [one.signal for one in rare] == [False, True]
    assert rare[0].log_likelihood_ratio > limit.value
    assert poisson_surveillance(Surveillance(0.05, 10.0), 1, 0.001, None).signal


def test_a_binomial_signal_is_also_at_the_critical_value_itself() -> None:
    """The critical value is an attainable ratio; whoever attains it signals, the next smaller ratio does not."""
    design = Surveillance(0.05, 20.0)
    limit = binomial_critical_value(20, 1.0, 0.05)
    found = [
        binomial_surveillance(design, exposed, events, 1.0, None)
        for events in range(21)
        for exposed in range(events + 1)
    ]
    assert min(one.log_likelihood_ratio for one in found if one.signal) == pytest.approx(limit.value)
    assert limit.below is not None
    assert max(one.log_likelihood_ratio for one in found if not one.signal) == pytest.approx(limit.below)
    few = Surveillance(0.05, 20.0, 9)
    assert not binomial_surveillance(few, 8, 8, 1.0, None).signal


def test_binomial_level_by_brute_force() -> None:
    """Up to eight events the level is the share of all histories, by their probability, in which some event signals."""
    limit, total = 2.0, 0.0
    for history in itertools.product((0, 1), repeat=8):
        counts = np.cumsum(history)
        signals = (binomial_ratio(int(c), n, 2.0) >= limit - 1e-9 for n, c in enumerate(counts, 1) if c >= 2)
        if any(signals):
            total += (1 / 3) ** counts[-1] * (2 / 3) ** (8 - counts[-1])
    assert binomial_type_one_error(limit, 8, 2.0, 2) == pytest.approx(total, abs=EXACT)


def test_the_level_rises_to_the_whole_error() -> None:
    """The level spent rises from nothing to the type I error at the upper limit, and stays there beyond it."""
    poissons = [poisson_surveillance(TEN, 0, expected, 0.0) for expected in (0.0, 0.5, 4.0, 10.0, 12.0)]
    binomials = [binomial_surveillance(FIFTY, 0, events, 2.0, 0) for events in (0, 8, 30, 50, 60)]
    for found in (poissons, binomials):
        spent = [float(one.level_spent or 0.0) for one in found]
        assert (spent[0], spent[3]) == (0.0, pytest.approx(found[0].type_one_error, abs=EXACT))
        assert spent[0] < spent[1] < spent[2] < spent[3] == spent[4]
        assert [one.ended for one in found] == [False] * 4 + [True]


def test_a_level_is_never_below_nothing() -> None:
    """Where rounding takes the probability of no signal above 1, the level spent is 0."""
    five = Surveillance(0.05, 10.0, 5)
    rare, value = 0.00022895536436, poisson_critical_value(10.0, 0.05, 5).value
    assert poisson_type_one_error(value, rare, 5) < 0
    assert poisson_surveillance(five, 0, rare, 0.0).level_spent == 0
    limit = binomial_critical_value(50, 2.0, 0.05).value
    assert binomial_type_one_error(limit, 2, 2.0, 1) < 0
    assert binomial_surveillance(FIFTY, 0, 2, 2.0, 0).level_spent == 0


def test_the_furthest_look_has_spent_the_level() -> None:
    """Counts that fell keep what was spent before; where a look had another design or ratio the level is unknown."""
    value = poisson_critical_value(10.0, 0.05, 2).value
    assert poisson_surveillance(TEN, 1, 2.0, 5.0).level_spent == poisson_type_one_error(value, 5.0, 2)
    assert poisson_surveillance(TEN, 1, 2.0, None).level_spent is None
    kept = binomial_surveillance(FIFTY, 1, 4, 2.0, 9).level_spent
    assert kept == binomial_surveillance(FIFTY, 1, 9, 2.0, 0).level_spent
    assert binomial_surveillance(FIFTY, 1, 4, 2.0, None).level_spent is None


def test_past_the_end_nothing_is_a_signal() -> None:
    """The level holds until the upper limit: counts beyond it have a ratio, and are no signal."""
    assert poisson_surveillance(TEN, 30, 10.0, None).signal
    beyond = poisson_surveillance(TEN, 30, 10.01, None)
    assert (beyond.ended, beyond.signal) == (True, False)
    assert binomial_surveillance(FIFTY, 50, 50, 1.0, None).signal
    late = binomial_surveillance(FIFTY, 51, 51, 1.0, None)
    assert (late.ended, late.signal) == (True, False)
    assert late.log_likelihood_ratio > float(late.critical_value or 0)


def test_where_no_signal_is_possible_there_is_no_critical_value() -> None:
    """Three events cannot reach the level where each is exposed by ½; the ratio of the counts is there all the same."""
    found = binomial_surveillance(Surveillance(0.05, 3.0), 3, 3, 1.0, 0)
    assert (found.critical_value, found.type_one_error, found.level_spent) == (None, None, None)
    assert found.log_likelihood_ratio == pytest.approx(3 * np.log(2), rel=EXACT)
    assert not found.signal


def test_no_event_where_none_is_expected() -> None:
    """Before there is any exposure the ratio is 0; an event then has no ratio and is refused."""
    assert poisson_surveillance(TEN, 0, 0.0, 0.0).log_likelihood_ratio == 0
    with pytest.raises(EstimationError, match="1 events with 0 expected have no ratio"):
        poisson_surveillance(TEN, 1, 0.0, 0.0)


@pytest.mark.parametrize(("alpha", "minimum"), [(0.0, 1), (1.0, 1), (0.05, 0)])
def test_a_design_that_is_none_is_refused(alpha: float, minimum: int) -> None:
    """A level is between 0 and 1, and a signal needs an event."""
    with pytest.raises(EstimationError, match="expected"):
        Surveillance(alpha, 10.0, minimum)


def test_levels_of_designs_that_are_none_are_refused() -> None:
    """Length, ratio and minimum are held to the same rules as where the critical value is found."""
    for call in (
        lambda: poisson_type_one_error(3.0, 0.0, 1),
        lambda: poisson_type_one_error(3.0, 5.0, 0),
        lambda: binomial_type_one_error(3.0, 5, 0.0, 1),
        lambda: binomial_type_one_error(3.0, 5, 1.0, 0),
    ):
        with pytest.raises(EstimationError, match="expected"):
            call()
    assert binomial_type_one_error(3.0, 0, 1.0, 1) == 0


def test_fewer_looks_keep_the_level() -> None:
    """Of 20,000 studies without harm that are looked at eight times, no more than alpha ever signal, but for five errors."""
    stream = np.random.Generator(np.random.PCG64(5))
    expected = np.linspace(1.25, 10.0, 8)
    counts = np.cumsum(stream.poisson(1.25, (RUNS, 8)), axis=1)
    least = [
        next(count for count in range(int(mean), 99) if poisson_surveillance(TEN, count, mean, None).signal)
        for mean in expected.tolist()
    ]
    share = (counts >= np.array(least)).any(axis=1).mean()
    assert 0.01 < share < 0.05 + 5 * np.sqrt(0.05 * 0.95 / RUNS)
