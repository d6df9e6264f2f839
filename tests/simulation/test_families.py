"""What families of hypotheses promise, held against many studies that are looked at every month."""

import numpy as np
import pytest

from tests.simulation.families import (
    EVERY_MONTH,
    LEVEL,
    LOOKS,
    METHODS,
    MONTH,
    POINTWISE,
    STRONG,
    across,
    errors,
    rejections,
    studied,
)
from tests.simulation.workers import simulated

ERRORS = 2
"""Monte-Carlo errors by which a share may exceed the level."""
ACROSS = 650


def limit(simulations: int) -> float:
    """Return the largest share that so many studies may show."""
    return LEVEL + ERRORS * float(np.sqrt(LEVEL * (1 - LEVEL) / simulations))


def test_a_study_has_a_p_value_at_every_look() -> None:
    """Sequential p-values never rise, are above the pointwise ones, and the strong primary is found by every method."""
    study = studied(STRONG, 0)
    assert len(study.sequential) == len(LOOKS)
    assert (np.diff(study.sequential) <= 0).all()
    assert [one[1:] == (1.0, 1.0) for one in study.entering] == [look != MONTH for look in range(len(LOOKS))]
    found = rejections(study)
    assert all(found[method][0] for method in METHODS)
    assert study.sequential[0] > study.primary[0]


@pytest.mark.deep
@pytest.mark.timeout(3000)
def test_without_an_effect_a_family_rejects_in_one_of_twenty_at_most() -> None:
    """Over six looks every method keeps its level; pointwise p-values in every month do not."""
    found = errors(0.0)
    assert all(found[method] <= limit(2000) for method in METHODS), found
    assert found[POINTWISE] > 1.5 * LEVEL


@pytest.mark.deep
@pytest.mark.timeout(3000)
def test_behind_a_primary_that_is_rejected_the_endpoint_keeps_the_level() -> None:
    """Tested in one month it is falsely rejected in one of twenty at most; tested in every month, more often."""
    found = errors(STRONG)
    assert all(found[method] <= limit(2000) for method in METHODS), found
    assert found[EVERY_MONTH] > 1.5 * LEVEL


@pytest.mark.deep
@pytest.mark.timeout(3000)
def test_across_studies_the_level_holds_over_all_months() -> None:
    """Three studies without an effect: Holm and Hochberg on sequential p-values reject in one of twenty at most."""
    holm, hochberg = np.mean(simulated(across, ACROSS), axis=0)
    assert 0 < holm <= hochberg <= limit(ACROSS)
