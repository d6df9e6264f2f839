"""What penalised outcome models promise, held against many studies with few events."""

import numpy as np
import pytest

from tests.simulation.page import PAGE
from tests.simulation.rare_events import WORLDS, studies
from tests.simulation.rare_page import section

RARE = (120, 0.10, 0.10)
TOO_FEW = 0.925
"""The smallest share of intervals of 95 % that may hold the effect; its Monte-Carlo error is 0.7 %."""


@pytest.mark.deep
@pytest.mark.timeout(3000)
@pytest.mark.parametrize(("n", "one", "zero"), WORLDS)
def test_the_estimate_is_free_of_bias_and_the_interval_holds_where_events_suffice(
    n: int, one: float, zero: float
) -> None:
    """Every study has an estimate; where no arm is below the gate's limit, 92.5 % or more of the intervals hold the effect."""
    found = studies(n, one, zero)
    errors = np.array([each.error for each in found])
    assert abs(errors.mean()) < 3 * errors.std() / np.sqrt(len(errors))
    enough = [each.held for each in found if each.enough]
    assert np.mean(enough) >= TOO_FEW
    assert np.mean([each.held_by_score for each in found]) >= TOO_FEW


@pytest.mark.deep
@pytest.mark.timeout(3000)
def test_likelihood_fails_where_the_penalty_does_not() -> None:
    """In small studies with rare events many have no outcome model by likelihood."""
    found = studies(*RARE)
    assert np.mean([each.failed for each in found]) > 0.01


@pytest.mark.deep
@pytest.mark.timeout(3600)
def test_the_section_of_the_page_is_current() -> None:
    """``docs/simulation.md`` holds the section as the simulations make it."""
    assert section() in PAGE.read_text(encoding="utf-8")
