"""Effects within subgroups and the test of interaction."""

import numpy as np
import pytest
from scipy.stats import chi2, norm

from medicore.errors import EstimationError
from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.estimate import Estimate
from medicore.stats.effect.subgroups import interaction_test, subgroup_average
from tests.stats.samples import draw


def effect(value: float, error: float) -> Estimate:
    """Return a subgroup's estimate."""
    return Estimate("ATE within a group", "AIPW", value, error, "given", 50)


def test_subgroup_averages_make_up_the_whole() -> None:
    """Weighted by their sizes, the averages of contributions are the estimate of everybody."""
    sample = draw(181)
    whole = augmented_inverse_probability(sample.x, sample.treated, sample.outcome, sample.fit)
    inside = sample.x[:, -1] == 1
    parts = [
        subgroup_average(whole.influence, mask, "ATE within a group", "AIPW") for mask in (inside, ~inside)
    ]
    assert sum(part.n for part in parts) == 240
    total = sum(part.n * part.value for part in parts) / 240
    assert total == pytest.approx(whole.influence_function.value)
    group = whole.influence[inside]
    assert parts[0].standard_error == pytest.approx(group.std(ddof=1) / np.sqrt(len(group)))
    assert parts[0].estimand == "ATE within a group"


@pytest.mark.parametrize("size", [0, 1])
def test_a_subgroup_without_spread_is_refused(size: int) -> None:
    """Fewer than two subjects: not estimable, and the message names the subgroup."""
    with pytest.raises(EstimationError, match=rf"ATE within women has {size} subject\(s\)"):
        subgroup_average(np.arange(9.0), np.arange(9) < size, "ATE within women", "AIPW")


def test_two_subgroups_are_compared_by_their_difference() -> None:
    """The p-value is that of the difference over its standard error."""
    found = interaction_test([effect(1.0, 0.3), effect(2.0, 0.4)])
    assert found.degrees_of_freedom == 1
    assert found.statistic == pytest.approx(4)
    assert found.p_value == pytest.approx(2 * norm.sf(2))


def test_three_subgroups_have_two_degrees_of_freedom() -> None:
    """Cochran's Q about the mean weighted by precision."""
    found = interaction_test([effect(1.0, 1.0), effect(2.0, 1.0), effect(6.0, 1.0)])
    assert found.statistic == pytest.approx(14)
    assert found.p_value == pytest.approx(chi2.sf(14, 2))


def test_equal_effects_do_not_interact() -> None:
    """The statistic is 0 and the p-value 1."""
    found = interaction_test([effect(1.5, 0.2), effect(1.5, 0.7)])
    assert found.statistic == pytest.approx(0)
    assert found.p_value == pytest.approx(1)


@pytest.mark.parametrize("effects", [[effect(1, 0.5)], [effect(1, 0.5), effect(2, 0.0)], []])
def test_an_interaction_needs_two_estimable_subgroups(effects: list[Estimate]) -> None:
    """One subgroup, or one without a standard error, is no comparison."""
    with pytest.raises(EstimationError, match="an interaction test found"):
        interaction_test(effects)


def test_a_subgroup_of_two_has_an_effect() -> None:
    """Contributions 1 and 4: their mean 2.5, with standard error 1.5."""
    found = subgroup_average(np.array([1.0, 9.0, 4.0]), np.array([True, False, True]), "ATE in two", "AIPW")
    assert (found.value, found.standard_error) == pytest.approx((2.5, 1.5), rel=1e-12)
    assert found.n == 2
