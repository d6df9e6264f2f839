"""The false-alarm rate of the balance gate: the regulation's figures, exactness, and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t

from medicore.errors import EstimationError
from medicore.stats.balance.balance import standardised_mean_differences
from medicore.stats.balance.false_alarm import (
    any_false_alarm_rate,
    change_false_alarm_rate,
    false_alarm_rate,
)

QUADRATURE = 1e-9
"""Absolute; the average over the split of the sum of squares is a numerical integral."""


@pytest.mark.parametrize(
    ("n", "one", "ten"),
    [(500, 0.26, 0.95), (1000, 0.11, 0.70), (2000, 0.025, 0.23), (5000, 0.0004, 0.004)],
)
def test_printed_figures(n: int, one: float, ten: float) -> None:
    """Gate 0.1, arms of one size: 26 % and 95 %, 11 % and 70 %, 2.5 % and 23 %, 0.04 % and 0.4 %."""
    half_a_digit = 0.051
    assert false_alarm_rate(0.1, n // 2, n // 2) == pytest.approx(one, rel=half_a_digit)
    assert any_false_alarm_rate(0.1, n // 2, n // 2, 10) == pytest.approx(ten, rel=half_a_digit)


@given(st.integers(2, 400), st.floats(0.01, 3))
def test_with_equal_arms_it_is_student_s_t(size: int, threshold: float) -> None:
    """SMD·√(n/2) of arms of n is t with 2n − 2 degrees of freedom."""
    expected = 2 * t.sf(threshold * np.sqrt(size / 2), 2 * size - 2)
    assert false_alarm_rate(threshold, size, size) == pytest.approx(expected, rel=1e-10)


@given(st.integers(2, 60), st.integers(2, 60))
def test_the_arms_may_be_swapped(n1: int, n0: int) -> None:
    """Which arm is the larger makes no difference."""
    assert false_alarm_rate(0.3, n1, n0) == pytest.approx(false_alarm_rate(0.3, n0, n1), abs=QUADRATURE)


@settings(max_examples=25)
@given(st.integers(2, 300), st.integers(2, 300), st.floats(0.02, 1))
def test_a_stricter_gate_fires_more_often(n1: int, n0: int, threshold: float) -> None:
    """The rate falls with the threshold, from 1 at a threshold of 0."""
    assert false_alarm_rate(0.0, n1, n0) == pytest.approx(1.0)
    assert false_alarm_rate(threshold, n1, n0) >= false_alarm_rate(1.5 * threshold, n1, n0) - QUADRATURE


def test_large_arms_are_normal() -> None:
    """With large unequal arms the SMD is normal with variance 1/n1 + 1/n0."""
    expected = 2 * norm.sf(0.02 / np.sqrt(1 / 9000 + 1 / 40_000))
    assert false_alarm_rate(0.02, 9000, 40_000) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("n1", "n0", "threshold"), [(3, 2, 1.0), (4, 30, 0.6), (40, 200, 0.2), (250, 250, 0.1)]
)
def test_simulated_rates_are_the_computed_ones(n1: int, n0: int, threshold: float) -> None:
    """Over 40,000 balanced samples the SMD reaches the gate as often as computed, also in unequal and tiny arms."""
    chance = np.random.Generator(np.random.PCG64(n1))
    reached, samples = 0, 40_000
    for _ in range(10):
        one, zero = (chance.normal(size=(samples // 10, n)) for n in (n1, n0))
        spread = np.sqrt((one.var(axis=1, ddof=1) + zero.var(axis=1, ddof=1)) / 2)
        reached += int((np.abs(one.mean(axis=1) - zero.mean(axis=1)) / spread >= threshold).sum())
    rate = false_alarm_rate(threshold, n1, n0)
    assert abs(reached / samples - rate) <= 3.5 * np.sqrt(rate * (1 - rate) / samples)


def test_the_gate_s_own_statistic_has_this_rate() -> None:
    """The SMD of the balance table, of ten independent covariates in 150 balanced samples, alarms as computed."""
    chance = np.random.Generator(np.random.PCG64(2))
    treated = np.arange(200) < 80
    singles, anys = [], []
    for _ in range(150):
        x = chance.normal(size=(200, 10))
        rows = standardised_mean_differences(x, treated, np.ones(200))
        smd = np.array([row.smd_unweighted for row in rows])
        singles.append((np.abs(smd) >= 0.2).mean())
        anys.append((np.abs(smd) >= 0.2).any())
    one, ten = false_alarm_rate(0.2, 80, 120), any_false_alarm_rate(0.2, 80, 120, 10)
    assert abs(np.mean(singles) - one) <= 3.5 * np.sqrt(one * (1 - one) / 1500)
    assert abs(np.mean(anys) - ten) <= 3.5 * np.sqrt(ten * (1 - ten) / 150)


@given(st.integers(1, 200))
def test_any_of_several_is_the_complement_of_none(terms: int) -> None:
    """1 − (1 − p)^k, also where p is too small for plain subtraction."""
    one = false_alarm_rate(0.1, 300, 200)
    assert any_false_alarm_rate(0.1, 300, 200, terms) == pytest.approx(1 - (1 - one) ** terms)
    tiny = false_alarm_rate(0.1, 40_000, 40_000)
    assert any_false_alarm_rate(0.1, 40_000, 40_000, terms) == pytest.approx(terms * tiny, rel=1e-9)


def test_correlated_covariates_alarm_less_often() -> None:
    """For correlated covariates the rate of any is below the printed one."""
    chance = np.random.Generator(np.random.PCG64(5))
    shared = chance.normal(size=(20_000, 1))
    z = 0.8 * shared + 0.6 * chance.normal(size=(20_000, 5))
    limit = norm.isf(false_alarm_rate(0.1, 500, 500) / 2)
    assert (np.abs(z) >= limit).any(axis=1).mean() < any_false_alarm_rate(0.1, 500, 500, 5) - 0.05


@pytest.mark.parametrize(("n1", "n0"), [(1, 50), (50, 1), (0, 0)])
def test_an_arm_of_one_has_no_smd(n1: int, n0: int) -> None:
    """Without a variance in either arm there is nothing to compute."""
    with pytest.raises(EstimationError, match="have no SMD"):
        false_alarm_rate(0.1, n1, n0)


def test_a_change_with_new_data_by_hand() -> None:
    """From 4 free subjects to 5 the change has half the standard error: 2 of its 5 are 0.8 of all residuals' square.

    Beta(1/2, 2) has the distribution function (3√b − b^{3/2})/2. A limit that no residual can reach has the rate 0.
    """
    share = 4 / 5
    expected = 1 - (3 * np.sqrt(share) - share**1.5) / 2
    assert change_false_alarm_rate(1.0, 4, 5) == pytest.approx(expected, rel=1e-12)
    assert change_false_alarm_rate(1.2, 4, 5) == 0
    assert change_false_alarm_rate(1.0, 80_000, 100_000) == pytest.approx(2 * norm.sf(2), rel=1e-3)


@pytest.mark.parametrize("before", [40, 41])
def test_without_new_data_nothing_may_move(before: int) -> None:
    """Where no subject was added the rate is 0."""
    assert change_false_alarm_rate(0.1, before, 40) == 0


@pytest.mark.parametrize("before", [0, -3])
def test_from_nothing_every_change_may_come(before: int) -> None:
    """Where last month's subjects did not exceed the parameters the rate is 1."""
    assert change_false_alarm_rate(5.0, before, 40) == 1


def test_simulated_changes_are_as_large_as_often() -> None:
    """Means of 12 subjects, and of these with 8 more, in units of the standard error from all 20, over 20,000 trials."""
    chance = np.random.Generator(np.random.PCG64(8))
    outcome = chance.normal(size=(20_000, 20))
    error = outcome.std(axis=1, ddof=1) / np.sqrt(20)
    moved = np.abs(outcome.mean(axis=1) - outcome[:, :12].mean(axis=1)) >= 1.2 * error
    rate = change_false_alarm_rate(1.2, 12 * 19 / 20, 19)
    assert abs(moved.mean() - rate) <= 3.5 * np.sqrt(rate * (1 - rate) / 20_000)
