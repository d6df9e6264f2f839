"""The means of three arms and more."""

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.stats.effect.contrasts import difference, log_odds_ratio
from medicore.stats.models.outcome_model import Family, Form
from medicore.stats.randomisation.adjusted_means import adjusted_means
from medicore.stats.randomisation.randomisation_scheme import Randomisation, Scheme, simple_randomisation
from medicore.stats.randomisation.several_arms import means_of_all_arms
from tests.stats.randomisation.randomised_samples import SCHEMES, trial

SAME = 1e-9


@pytest.mark.parametrize("form", ["joint", "per arm"])
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_of_two_arms_it_is_the_estimate_of_two_arms(scheme: Scheme, family: Family, form: Form) -> None:
    """With two arms the contrast, its standard error and its degrees of freedom are those of ``adjusted_means``."""
    one = trial(scheme, 41, family=family)
    pair = adjusted_means(one.x, one.treated, one.outcome, one.randomisation, family=family, form=form)
    arm = np.where(one.treated, 0, 1)
    several = means_of_all_arms(one.x, arm, one.outcome, one.randomisation, arms=2, family=family, form=form)
    found, expected = difference(several.pair(0, 1)), difference(pair.small_sample())
    assert found.value == pytest.approx(expected.value, rel=SAME)
    assert found.standard_error == pytest.approx(expected.standard_error, rel=SAME)
    assert found.degrees_of_freedom == expected.degrees_of_freedom


def test_contrasts_of_three_arms_add_up() -> None:
    """The differences of 0 to 1 and 1 to 2 make that of 0 to 2, on the difference and on the logarithm of the odds."""
    chance = np.random.default_rng(42)
    arm, x = chance.integers(0, 3, 300), chance.normal(size=(300, 2))
    outcome = (chance.random(300) < 1 / (1 + np.exp(-x[:, 0] - 0.4 * arm))).astype(float)
    found = means_of_all_arms(x, arm, outcome, simple_randomisation(300), arms=3, family="binomial")
    assert found.estimator == "g-computation over 3 arms, joint model"
    for contrast in (difference, log_odds_ratio):
        values = [contrast(found.pair(*pair)).value for pair in ((0, 1), (1, 2), (0, 2))]
        assert values[0] + values[1] == pytest.approx(values[2], rel=SAME)


def test_what_is_refused() -> None:
    """An empty arm, one arm alone, and more parameters than subjects."""
    x, y = np.zeros((6, 1)), np.arange(6.0)
    with pytest.raises(EstimationError, match="2 of 3 arms have subjects; expected all of two or more"):
        means_of_all_arms(x, np.array([0, 0, 0, 2, 2, 2]), y, simple_randomisation(6), arms=3)
    with pytest.raises(EstimationError, match="1 of 1 arms have subjects"):
        means_of_all_arms(x, np.zeros(6, dtype=np.intp), y, simple_randomisation(6), arms=1)
    strata = Randomisation("minimisation", np.array([0, 0, 1, 1, 2, 2]))
    with pytest.raises(EstimationError, match="6 subjects cannot carry 6 parameters"):
        means_of_all_arms(x, np.array([0, 1, 0, 1, 0, 1]), y, strata, arms=2)
