"""What monitoring promises, held against many studies without an effect that are looked at for two years."""

import numpy as np
import pytest

from tests.simulation import looks_page
from tests.simulation.looks import NAMES, OUTCOMES, POINTWISE, claims, grown, shares, statistics
from tests.simulation.page import PAGE

LEVEL = 0.05
ERRORS = 2
"""Monte-Carlo errors by which a share may exceed the level."""


def test_outcomes_come_late_where_they_should() -> None:
    """In the third world, and in it alone, the outcomes of one arm are late more often than those of the other."""
    for outcomes in OUTCOMES:
        one = grown(1, outcomes)
        late = one.known - np.arange(len(one.known)) // 50
        gap = late[one.treated].mean() - late[~one.treated].mean()
        assert bool(gap > 1) is (outcomes == OUTCOMES[2])
        assert bool(late.max() > 0) is (outcomes != OUTCOMES[0])


def test_correcting_the_lock_adds_information() -> None:
    """The look after the correction has more information than the subjects that joined explain."""
    information = [one.information for one in statistics(1, "at once")]
    steps = np.diff(information)
    assert steps[11] > 2 * steps[10]


def test_pointwise_intervals_exclude_the_truth_more_often_than_any_plan() -> None:
    """Over 40 studies no plan ever claims what no pointwise interval claims, and all of them claim less."""
    found = np.array([claims(seed, "at once") for seed in range(40)])
    pointwise = found[:, NAMES.index(POINTWISE)]
    assert pointwise.any()
    assert not found[~pointwise].any()
    assert all(found[:, place].sum() < pointwise.sum() for place in range(1, len(NAMES)))


@pytest.mark.deep
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("outcomes", OUTCOMES)
def test_a_study_without_an_effect_claims_one_in_one_of_twenty_at_most(outcomes: str) -> None:
    """Over 24 looks with refitted models, late outcomes and a corrected lock, every plan keeps its level."""
    rows = [row for row in shares() if row.outcomes == outcomes]
    assert [row.method for row in rows] == list(NAMES)
    error = np.sqrt(LEVEL * (1 - LEVEL) / 2000)
    for row in rows:
        if row.method == POINTWISE:
            assert row.share > 3 * LEVEL
        else:
            assert row.share <= LEVEL + ERRORS * error, row


@pytest.mark.deep
@pytest.mark.timeout(3000)
def test_the_section_of_the_page_is_current() -> None:
    """``docs/simulation.md`` holds the section as the simulation makes it."""
    assert looks_page.section() in PAGE.read_text(encoding="utf-8")
