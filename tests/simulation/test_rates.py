"""What the estimator of rates promises, held against many samples."""

import pytest

from tests.simulation.page import PAGE
from tests.simulation.rates import biases, counted, coverages, false_alarms
from tests.simulation.rates_page import section

BIAS_LIMIT = 3.5
"""Monte-Carlo standard errors; a figure is further off by chance once in 2,000 times."""
LOWEST, HIGHEST = 0.94, 0.96
TWO_ERRORS = 0.014
"""Two Monte-Carlo errors of a coverage of 95 % over 1,000 samples."""


def test_the_world_varies_more_than_poisson_and_ends_exposures() -> None:
    """In one sample of 100,000 counts vary more than their mean, and exposures end early by covariates and arm."""
    made = counted(0, 100_000)
    full = made.time == 1.0
    assert made.count[full].var() > 1.3 * made.count[full].mean()
    assert 0.3 < full.mean() < 0.7
    assert full[made.treated].mean() > full[~made.treated].mean()
    assert full[made.x[:, 1] > 1].mean() < full[made.x[:, 1] < -1].mean()


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_intervals_cover_from_60_subjects_up() -> None:
    """The jackknife's 95 % interval holds the truth in 94 to 96 % of samples, two Monte-Carlo errors allowed, without bias."""
    rows = coverages()
    assert len(rows) == 2 * 3 * 2
    for row, refused in rows:
        assert refused < 0.1, row
        assert abs(row.bias) <= max(0.1 * row.deviation, 4 * row.bias_error), row
        if row.name.startswith("jackknife"):
            assert LOWEST - TWO_ERRORS <= row.coverage <= HIGHEST + TWO_ERRORS, row


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_no_effect_is_excluded_in_one_sample_of_twenty() -> None:
    """Where the arms are equal, the interval of 100 subjects excludes no effect in 4 to 6 %, two errors allowed."""
    rate = false_alarms()
    assert 0.04 - TWO_ERRORS <= rate <= 0.06 + TWO_ERRORS


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_there_is_no_bias_when_the_rates_or_both_others_are_right() -> None:
    """Of four combinations three have no bias beyond chance, and the one with all models wrong has."""
    for row in biases():
        assert (abs(row.in_errors) <= BIAS_LIMIT) == row.consistent, row


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_the_section_of_the_page_is_current() -> None:
    """``docs/simulation.md`` holds the section as the simulations make it."""
    assert section() in PAGE.read_text(encoding="utf-8")
