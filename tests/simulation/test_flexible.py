"""What cross-fitted AIPW promises under curved confounding, held against many samples."""

import numpy as np
import pytest

from tests.simulation.flexible import REGRESSION, SIMULATIONS, coverages, estimated
from tests.simulation.flexible_page import section
from tests.simulation.page import PAGE
from tests.simulation.worlds import curved

LOWEST = 0.90
"""Smallest coverage: three Monte-Carlo errors below 95 % with 200 samples."""


def test_the_simulation_reads_the_world_that_it_claims() -> None:
    """In one large sample the learner is nearer to the truth than its interval's half-width."""
    trial = curved(0, 4000)
    found = estimated(trial, np.ones(4000, dtype=bool), "penalised", 1, 0)
    assert abs(found.value - 1) < 3 * found.standard_error < 0.2


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_learners_find_what_regression_leaves_behind() -> None:
    """Regression is biased by far more than chance; each learner has a small bias, and its intervals hold the truth."""
    rows = coverages()
    assert len(rows) == 12
    for row, none in rows:
        assert none <= 0.1 * SIMULATIONS, row
        if row.name == REGRESSION:
            assert row.bias > 10 * row.bias_error, row
            continue
        assert abs(row.bias) <= 0.4 * row.deviation, row
        assert row.coverage >= LOWEST, row


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_the_section_of_the_page_is_current() -> None:
    """``docs/simulation.md`` holds the section as the simulation makes it."""
    assert section() in PAGE.read_text(encoding="utf-8")
