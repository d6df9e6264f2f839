"""The unadjusted contrast is Welch's."""

import numpy as np
import pytest
from scipy.stats import ttest_ind

from medicore.errors import EstimationError
from medicore.stats.unadjusted import difference_of_means, unadjusted_means
from tests.stats.samples import draw


def test_difference_and_error_are_welchs() -> None:
    """The statistic is scipy's with unequal variances."""
    sample = draw(91)
    found = difference_of_means(sample.treated, sample.outcome)
    theirs = ttest_ind(sample.outcome[sample.treated], sample.outcome[~sample.treated], equal_var=False)
    assert found.value / found.standard_error == pytest.approx(theirs.statistic)
    assert found.n == 240


def test_the_arms_means_are_independent() -> None:
    """No covariance, and each its own s²/n with ddof 1."""
    sample = draw(92)
    means = unadjusted_means(sample.treated, sample.outcome)
    inside = sample.outcome[sample.treated]
    assert means.treated == pytest.approx(inside.mean())
    assert means.covariance[0, 0] == pytest.approx(inside.var(ddof=1) / len(inside))
    assert means.covariance[0, 1] == pytest.approx(0, abs=1e-18)


@pytest.mark.parametrize("size", [0, 1])
def test_an_arm_without_spread_is_refused(size: int) -> None:
    """Fewer than two subjects have no variance."""
    treated = np.arange(10) < size
    with pytest.raises(EstimationError, match=rf"an arm has {size} subject\(s\)"):
        unadjusted_means(treated, np.arange(10.0))
