"""The unadjusted contrast is Welch's."""

import numpy as np
import pytest
from scipy.stats import ttest_ind

from medicore.errors import EstimationError
from medicore.stats.effect.unadjusted import difference_of_means, unadjusted_means, welch_difference
from tests.stats.samples import draw


def test_difference_and_error_are_welchs() -> None:
    """The statistic is scipy's with unequal variances."""
    sample = draw(91)
    found = welch_difference(sample.treated, sample.outcome)
    theirs = ttest_ind(sample.outcome[sample.treated], sample.outcome[~sample.treated], equal_var=False)
    assert found.value / found.standard_error == pytest.approx(theirs.statistic)
    assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-12)
    assert found.interval(0.95) == pytest.approx(tuple(theirs.confidence_interval(0.95)), rel=1e-12)
    assert found.n == 240


def test_degrees_of_freedom_are_those_of_unequal_arms() -> None:
    """Three subjects against seven, with another spread: scipy's interval and p-value."""
    treated = np.arange(10) < 3
    outcome = np.array([1.0, 5.0, 2.0, 3.0, 4.0, 9.0, -7.0, 0.5, 2.5, 6.0])
    found = welch_difference(treated, outcome)
    theirs = ttest_ind(outcome[treated], outcome[~treated], equal_var=False)
    assert found.degrees_of_freedom == pytest.approx(theirs.df, rel=1e-12)
    assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-12)


def test_arms_that_do_not_vary_have_no_degrees_of_freedom() -> None:
    """Two constants differ without an error, and Student's t has nothing to say."""
    found = welch_difference(np.array([True, True, False, False]), np.array([2.0, 2.0, 1.0, 1.0]))
    assert (found.value, found.standard_error, found.degrees_of_freedom) == (1.0, 0.0, None)


def test_the_arms_means_are_independent() -> None:
    """No covariance, and each its own s²/n with ddof 1."""
    sample = draw(92)
    means = unadjusted_means(sample.treated, sample.outcome)
    inside = sample.outcome[sample.treated]
    assert means.treated == pytest.approx(inside.mean())
    assert means.covariance[0, 0] == pytest.approx(inside.var(ddof=1) / len(inside))
    assert means.covariance[0, 1] == pytest.approx(0, abs=1e-18)


def test_an_arm_without_spread_is_refused() -> None:
    """Fewer than two subjects have no variance."""
    treated = np.arange(10) < 1
    with pytest.raises(EstimationError, match=r"an arm has 1 subject\(s\)"):
        unadjusted_means(treated, np.arange(10.0))


def test_two_subjects_in_an_arm_are_enough() -> None:
    """Outcomes 1 and 5 against 2, 3 and 4: means 3 and 3, variances 8/2 and 1/3."""
    found = difference_of_means(
        np.array([True, True, False, False, False]), np.array([1.0, 5.0, 2.0, 3.0, 4.0])
    )
    assert found.value == pytest.approx(0, abs=1e-12)
    assert found.standard_error == pytest.approx(np.sqrt(8 / 2 + 1 / 3), rel=1e-12)
