"""What the interval by clusters promises, held against many studies of sites."""

import pytest

from tests.simulation.clusters import EFFECT, SIZES, coverage

TOO_FEW = 0.93
"""The smallest share of intervals of 95 % that may hold the effect; its Monte-Carlo error is 0.7 %."""


@pytest.mark.deep
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(("sites", "size"), SIZES)
def test_with_both_arms_in_a_site_the_interval_holds(sites: int, size: int) -> None:
    """From ten sites up, intervals of 95 % by clusters hold the effect in 93 % or more, without bias."""
    clustered, _, mean = coverage(sites, size, whole=False)
    assert clustered >= TOO_FEW
    assert abs(mean - EFFECT) < 0.05


@pytest.mark.deep
@pytest.mark.timeout(3000)
def test_with_arms_of_whole_sites_only_clusters_hold() -> None:
    """Where whole sites are treated, intervals that take subjects for independent hold the effect far too rarely."""
    clustered, independent, _ = coverage(24, 20, whole=True)
    assert clustered >= 0.92
    assert independent < 0.85
