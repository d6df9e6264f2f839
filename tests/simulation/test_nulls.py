"""What the primaries of a restricted mean and of repeated visits promise where the arms are equal."""

import numpy as np
import pytest

from tests.simulation.nulls import LEVEL, nulls
from tests.simulation.nulls_page import section
from tests.simulation.page import PAGE
from tests.simulation.visits import visited

ALLOWED = 0.01
"""How far a share may be from the level, besides two Monte-Carlo errors."""


def test_equal_arms_have_equal_means() -> None:
    """In one sample of 100,000 without an effect the arms fare alike at the first visit, which nobody misses."""
    made = visited(0, 100_000, effect=0.0)
    first = made.outcome[:, 0]
    assert not np.isnan(first).any()
    assert abs(first[made.treated].mean() - first[~made.treated].mean()) < 0.03


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_no_effect_is_excluded_in_one_sample_of_twenty() -> None:
    """From 60 subjects up both primaries miss the truth at their level, without bias, and few samples are refused."""
    rows = nulls()
    assert len(rows) == 2 + 2 * 2
    for row in rows:
        assert abs(row.missed - LEVEL) <= ALLOWED + 2 * row.missed_error, row
        assert abs(row.bias) <= 4 * row.bias_error, row
        assert row.refused < 0.1, row


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_the_section_of_the_page_is_current() -> None:
    """``docs/simulation.md`` holds the section as the simulations make it."""
    assert section() in PAGE.read_text(encoding="utf-8")
