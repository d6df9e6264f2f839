"""Augmented overlap weighting: each subject's contribution to the effect."""

import numpy as np
import pytest

from medicore.stats.effect.augmented_overlap import augmented_overlap
from medicore.stats.models.outcome_model import Family
from tests.stats.samples import draw


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_contributions_lie_about_the_effect_and_vary_as_its_error_says(family: Family) -> None:
    """Their standard deviation, ddof 1, over √n is the standard error, and their mean the effect up to a fraction of it."""
    sample = draw(141, family=family, effect=2.0)
    found = augmented_overlap(sample.x, sample.treated, sample.outcome, sample.fit, family=family)
    estimate = found.influence_function
    assert found.influence.shape == (240,)
    assert found.influence.std(ddof=1) / np.sqrt(240) == pytest.approx(estimate.standard_error, rel=1e-12)
    assert estimate.value > 3 * estimate.standard_error
    assert abs(found.influence.mean() - estimate.value) < 0.2 * estimate.standard_error
    assert found.mean_treated - found.mean_control == pytest.approx(estimate.value, rel=1e-12)


def test_contributions_do_not_depend_on_the_origin_of_the_outcome() -> None:
    """A thousand added to every outcome adds nothing to anybody's contribution to a difference."""
    sample = draw(142)
    plain = augmented_overlap(sample.x, sample.treated, sample.outcome, sample.fit)
    moved = augmented_overlap(sample.x, sample.treated, sample.outcome + 1000, sample.fit)
    np.testing.assert_allclose(moved.influence, plain.influence, atol=1e-8)
    assert moved.mean_control == pytest.approx(plain.mean_control + 1000, rel=1e-12)
