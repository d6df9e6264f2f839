"""The product of the weights of treatment and observation, what it costs and the balance that it reaches."""

import numpy as np
import pytest

from medicore.stats.balance.weights import Target, balancing_weights, tilting
from medicore.stats.missing.observation_weights import observation_weights, observed_arms
from tests.stats.missing.unobserved import unobserved

TARGETS: tuple[Target, ...] = ("ATE", "ATT", "ATO")


@pytest.mark.parametrize("target", TARGETS)
def test_the_weight_is_the_balancing_weight_over_the_probability_in_the_own_arm(target: Target) -> None:
    """Subjects whose outcome is not observed have no weight."""
    sample = unobserved(51)
    observation = sample.observation
    found = observation_weights(sample.treated, sample.observed, sample.propensity, observation, target)
    balancing = balancing_weights(sample.treated, sample.propensity.fitted, target)
    for place in range(240):
        chance = (observation.treated if sample.treated[place] else observation.control).fitted[place]
        expected = balancing[place] / chance if sample.observed[place] else 0.0
        assert found[place] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("target", TARGETS)
def test_the_cost_of_the_weights_by_hand(target: Target) -> None:
    """Sizes, smallest probability, largest share and effective size of each arm, written out."""
    sample = unobserved(52)
    propensity, observation = sample.propensity, sample.observation
    found = observed_arms(sample.x, sample.treated, sample.observed, propensity, observation, target)
    weights = observation_weights(sample.treated, sample.observed, propensity, observation, target)
    joint = (
        propensity.fitted * observation.treated.fitted,
        (1 - propensity.fitted) * observation.control.fitted,
    )
    sides = zip(found, (sample.treated, ~sample.treated), joint, observation.arms, strict=True)
    for one, arm, probability, chance in sides:
        mine = [weights[place] for place in range(240) if arm[place] and sample.observed[place]]
        assert (one.subjects, one.observed) == (arm.sum(), len(mine))
        assert one.smallest_probability == min(probability[arm])
        assert (one.lowest_chance, one.highest_chance) == (min(chance.fitted[arm]), max(chance.fitted[arm]))
        assert one.largest_share == pytest.approx(max(mine) / sum(mine), rel=1e-12)
        assert one.effective_size == pytest.approx(
            sum(mine) ** 2 / sum(weight**2 for weight in mine), rel=1e-12
        )


@pytest.mark.parametrize("target", TARGETS)
def test_the_balance_is_of_the_observed_with_the_target_population(target: Target) -> None:
    """Differences of means by hand, over √ of the mean of both variances; for two values p(1 − p)."""
    sample = unobserved(53)
    propensity, observation = sample.propensity, sample.observation
    found = observed_arms(sample.x, sample.treated, sample.observed, propensity, observation, target)
    weights = observation_weights(sample.treated, sample.observed, propensity, observation, target)
    tilt = tilting(propensity.fitted, target)[0]
    for one, arm in zip(found, (sample.treated, ~sample.treated), strict=True):
        seen = arm & sample.observed
        assert len(one.balance) == 3
        for column, term in zip(sample.x.T, one.balance, strict=True):
            plain = column[seen].mean() - column.mean()
            weighted = np.average(column[seen], weights=weights[seen]) - np.average(column, weights=tilt)
            two = len(set(column)) == 2
            variances = [
                part.mean() * (1 - part.mean()) if two else part.var(ddof=1)
                for part in (column[seen], column)
            ]
            scale = np.sqrt(np.mean(variances))
            assert term.difference_unweighted == pytest.approx(plain, abs=1e-12)
            assert term.difference_weighted == pytest.approx(weighted, abs=1e-12)
            assert term.smd_unweighted == pytest.approx(plain / scale, abs=1e-12)
            assert term.smd_weighted == pytest.approx(weighted / scale, abs=1e-12)


def test_weighting_brings_the_observed_nearer_to_everybody() -> None:
    """In 20,000 subjects the covariate on which observation depends differs before weighting, and not after."""
    sample = unobserved(54, n=20_000)
    found = observed_arms(sample.x, sample.treated, sample.observed, sample.propensity, sample.observation)
    for one in found:
        assert max(abs(term.smd_weighted) for term in one.balance) < 0.03
    assert found[0].balance[0].smd_unweighted > 0.2
