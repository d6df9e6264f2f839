"""Balance: standardised differences by the stated convention, variance ratios, distances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from medicore.stats.balance.balance import TermBalance, standardised_mean_differences
from medicore.stats.balance.weights import Target, balancing_weights
from tests.stats.samples import Sample, samples

TREATED = np.array([True] * 4 + [False] * 6)
EVEN = np.ones(10)


def balance(column: list[float], weights: np.ndarray = EVEN, target: Target = "ATE") -> TermBalance:
    """Return the balance of one column over four treated and six controls."""
    return standardised_mean_differences(np.array(column)[:, None], TREATED, weights, target)[0]


CONTINUOUS = [1.0, 2.0, 3.0, 6.0, 0.0, 1.0, 1.0, 2.0, 3.0, 5.0]
INDICATOR = [1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]


def test_a_continuous_column_is_held_against_both_arms_standard_deviations() -> None:
    """(3 − 2)/√((14/3 + 3.2)/2), variances with ddof 1."""
    found = balance(CONTINUOUS)
    assert found.smd_unweighted == pytest.approx(1 / np.sqrt((14 / 3 + 3.2) / 2))
    assert found.smd_weighted == found.smd_unweighted
    assert found.difference_unweighted == pytest.approx(1)
    assert found.variance_ratio_unweighted == pytest.approx(14 / 3 / 3.2)


def test_for_the_treated_their_own_standard_deviation_counts() -> None:
    """ATT: (3 − 2)/√(14/3); the overlap population takes both arms, as ATE does."""
    assert balance(CONTINUOUS, target="ATT").smd_unweighted == pytest.approx(1 / np.sqrt(14 / 3))
    assert balance(CONTINUOUS, target="ATO") == balance(CONTINUOUS)


def test_an_indicator_has_the_variance_of_its_share() -> None:
    """(3/4 − 1/3)/√((3/16 + 2/9)/2), without ddof."""
    found = balance(INDICATOR)
    assert found.smd_unweighted == pytest.approx((3 / 4 - 1 / 3) / np.sqrt((3 / 16 + 2 / 9) / 2))
    assert found.variance_ratio_unweighted == pytest.approx(3 / 16 / (2 / 9))
    assert found.ks_unweighted == pytest.approx(3 / 4 - 1 / 3)


def test_two_values_are_an_indicator_whatever_they_are() -> None:
    """Coded 1 and 2 instead of 0 and 1, the standardised difference is the same."""
    coded = balance([value + 1 for value in INDICATOR])
    assert coded.smd_unweighted == pytest.approx(balance(INDICATOR).smd_unweighted)


def test_weights_move_the_means_and_leave_the_denominator() -> None:
    """The weighted difference is over the unweighted sample's standard deviation."""
    weights = np.array([1.0, 1.0, 1.0, 0.0, *np.ones(6)])
    found = balance(CONTINUOUS, weights)
    assert found.difference_weighted == pytest.approx(0)
    assert found.smd_weighted == pytest.approx(0)
    assert found.smd_unweighted == balance(CONTINUOUS).smd_unweighted
    assert found.variance_ratio_weighted == pytest.approx(1 / 3.2)


def test_every_figure_is_given_with_and_without_weights() -> None:
    """Weights that leave two against three of the indicator change its ratio, distance and difference, by hand."""
    weights = np.array([1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 0.0, 0.0, 0.0])
    found = balance(INDICATOR, weights)
    spread = np.sqrt((3 / 16 + 2 / 9) / 2)
    expected = TermBalance(
        5 / 12 / spread, 0.0, 27 / 32, 1.0, 5 / 12, 0.0, 5 / 12, 0.0
    )  # weighted shares: 1 of 2, and 2 of 4
    for name in TermBalance.__slots__:
        assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-12), name


def test_a_weighted_variance_has_reliability_weights() -> None:
    """Σw(x − m)²/(Σw − Σw²/Σw): with weights 1, 2, 1, 2 on 1, 2, 3, 6 that is (70/3)/(6 − 10/6) = 70/13."""
    found = balance(CONTINUOUS, np.array([1.0, 2.0, 1.0, 2.0, *np.ones(6)]))
    assert found.variance_ratio_weighted == pytest.approx(70 / 13 / 3.2, rel=1e-12)
    assert found.difference_weighted == pytest.approx(10 / 3 - 2, rel=1e-12)


def test_an_arm_of_one_has_its_mean() -> None:
    """One treated subject at 5 against controls at 1 and 3: difference 3, no variance of its own."""
    column, treated = np.array([[5.0], [1.0], [3.0]]), np.array([True, False, False])
    found = standardised_mean_differences(column, treated, np.ones(3))[0]
    assert found.difference_unweighted == 3
    assert found.smd_unweighted == pytest.approx(3 / np.sqrt(2 / 2), rel=1e-12)
    assert found.variance_ratio_unweighted == 0


def test_unequal_constants_are_infinitely_far_apart() -> None:
    """Both arms constant at different values: infinite, with the sign of the difference."""
    apart = balance([2.0] * 4 + [1.0] * 6)
    assert apart.smd_unweighted == np.inf
    assert apart.smd_weighted == np.inf
    assert balance([1.0] * 4 + [2.0] * 6).smd_unweighted == -np.inf
    assert apart.ks_unweighted == pytest.approx(1)


def test_equal_constants_are_not_apart() -> None:
    """A constant column has difference 0, ratio 1 and distance 0."""
    assert balance([0.1] * 10) == TermBalance(0, 0, 1, 1, 0, 0, 0, 0)


def test_a_constant_arm_has_an_infinite_or_zero_variance_ratio() -> None:
    """Infinite where the controls do not vary, 0 where the treated do not; their SD fails for ATT."""
    assert balance([1.0, 2.0, 3.0, 4.0] + [2.0] * 6).variance_ratio_unweighted == np.inf
    steady = [2.0] * 4 + [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert balance(steady).variance_ratio_unweighted == 0
    assert balance(steady, target="ATT").smd_unweighted == -np.inf
    assert np.isfinite(balance(steady).smd_unweighted)


@given(sample=samples)
def test_the_distance_is_scipys_without_weights(sample: Sample) -> None:
    """Kolmogorov–Smirnov's statistic, ties included."""
    rounded = np.round(sample.x, 1)
    found = standardised_mean_differences(rounded, sample.treated, np.ones(len(rounded)))
    for column, term in zip(rounded.T, found, strict=True):
        theirs = ks_2samp(column[sample.treated], column[~sample.treated]).statistic
        assert term.ks_unweighted == pytest.approx(theirs, abs=1e-12)
        assert term.ks_weighted == pytest.approx(theirs, abs=1e-12)


@given(sample=samples, factor=st.sampled_from([-3.0, 0.01, 7.0]), shift=st.floats(-9, 9))
def test_units_do_not_matter(sample: Sample, factor: float, shift: float) -> None:
    """In other units the differences are the same, with the sign of the factor."""
    weights = balancing_weights(sample.treated, sample.fit.fitted)
    old = standardised_mean_differences(sample.x, sample.treated, weights)
    new = standardised_mean_differences(sample.x * factor + shift, sample.treated, weights)
    for before, after in zip(old, new, strict=True):
        assert after.smd_weighted == pytest.approx(np.sign(factor) * before.smd_weighted, abs=1e-9)
        assert after.variance_ratio_weighted == pytest.approx(before.variance_ratio_weighted)
        assert after.difference_weighted == pytest.approx(factor * before.difference_weighted, abs=1e-9)


@given(sample=samples)
def test_swapping_the_arms_turns_the_sign(sample: Sample) -> None:
    """Differences change their sign, ratios their side, distances nothing."""
    weights = balancing_weights(sample.treated, sample.fit.fitted)
    one = standardised_mean_differences(sample.x, sample.treated, weights)
    other = standardised_mean_differences(sample.x, ~sample.treated, weights)
    for before, after in zip(one, other, strict=True):
        assert after.smd_weighted == pytest.approx(-before.smd_weighted)
        assert after.variance_ratio_unweighted == pytest.approx(1 / before.variance_ratio_unweighted)
        assert after.ks_weighted == pytest.approx(before.ks_weighted)
