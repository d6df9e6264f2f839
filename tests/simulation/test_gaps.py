"""What multiple imputation promises, held against many samples with gaps."""

import numpy as np
import pytest

from tests.simulation.gaps import TRUTH, Mechanism, complete_cases, coverage, imputed, world
from tests.simulation.page import SECTIONS, written

BIAS_LIMIT = 3.5
"""Monte-Carlo standard errors; a figure is further off by chance once in 2,000 times."""
LOWEST, HIGHEST = 0.94, 0.96
LOWEST_MATCHED = 0.92
"""Matching draws from few donors, and its intervals are known to be a little short (van Buuren, 2018, section 3.4)."""


def test_the_world_has_the_truths_that_it_claims() -> None:
    """In one sample of 400,000 the mean of x1 is its truth, and three in ten lack it, more often with high outcomes."""
    one = world(1, "MAR", 400_000)
    assert one.x1.mean() == pytest.approx(TRUTH["mean of x1"], abs=0.006)
    assert 0.25 < one.x1_missing.mean() < 0.35
    assert one.outcome[one.x1_missing].mean() > one.outcome[~one.x1_missing].mean() + 0.5


def test_gaps_at_random_bias_complete_cases_and_not_imputations() -> None:
    """In 60 samples the imputed slope is right within its error, and that of the complete cases is not."""
    place = list(TRUTH).index("slope of x1")
    found = np.array([imputed(seed, "MAR", "normal", 3)[place] for seed in range(60)])
    whole = np.array([complete_cases(seed, "MAR")[place] for seed in range(60)])
    assert abs(found[:, 0].mean() - 1) <= BIAS_LIMIT * found[:, 0].std() / np.sqrt(60)
    assert abs(whole.mean() - 1) > BIAS_LIMIT * whole.std() / np.sqrt(60)
    assert found[:, 2].mean() >= 0.85


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mechanism", ["MCAR", "MAR"])
def test_pooled_intervals_cover(mechanism: Mechanism) -> None:
    """Over 2,000 samples every pooled 95 % interval holds the truth in 94 to 96 %, and its error is the true one."""
    for row in coverage(mechanism, "normal", 2000):
        assert LOWEST <= row.coverage <= HIGHEST, row
        assert row.mean_error == pytest.approx(row.deviation, rel=0.06), row
        assert abs(row.bias) <= 0.1 * row.deviation, row


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_matched_intervals_nearly_cover() -> None:
    """Over 1,000 samples intervals from matched values hold the truth in at least 92 %, biased by at most a quarter SD."""
    for row in coverage("MAR", "matching", 1000):
        assert LOWEST_MATCHED <= row.coverage <= 0.965, row
        assert abs(row.bias) <= 0.25 * row.deviation, row


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_the_section_of_the_page_is_current() -> None:
    """``docs/simulation.md`` holds the section as the simulation makes it."""
    assert SECTIONS["Missing covariates"]() == written("Missing covariates")
