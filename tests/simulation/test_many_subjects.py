"""What the jackknife by updates promises, held against samples with more subjects than the exact one takes."""

import pytest

from medicore.stats.survival.leave_one_out import LARGEST_EXACT
from tests.simulation.many_subjects import coverage

LOWEST, HIGHEST = 0.94, 0.96
TWO_ERRORS = 0.022
"""Two Monte-Carlo errors of a coverage of 95 % over 400 samples."""


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_the_interval_covers_beyond_the_exact_jackknife() -> None:
    """The 95 % interval holds the truth in 94 to 96 % of samples, two errors allowed; its standard error is the spread."""
    row, refused = coverage()
    assert row.n > LARGEST_EXACT
    assert refused == 0
    assert abs(row.bias) <= max(0.1 * row.deviation, 4 * row.bias_error), row
    assert LOWEST - TWO_ERRORS <= row.coverage <= HIGHEST + TWO_ERRORS, row
    assert 0.9 * row.deviation < row.mean_error < 1.1 * row.deviation, row
