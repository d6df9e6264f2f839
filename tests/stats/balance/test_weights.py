"""Balancing weights, their derivatives, and what they cost."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.stats.balance.weights import (
    Target,
    balancing_weights,
    effective_sample_size,
    largest_share,
    normalised,
    stabilised_weights,
    tilting,
    weight_derivatives,
)
from tests.stats.samples import Sample, draw, samples

TARGETS: tuple[Target, ...] = get_args(Target)
ARMS = np.array([True, False])


@pytest.mark.parametrize(
    ("target", "expected"),
    [("ATE", [4.0, 4 / 3]), ("ATT", [1.0, 1 / 3]), ("ATO", [0.75, 0.25])],
)
def test_weights_of_a_score_of_one_quarter(target: Target, expected: list[float]) -> None:
    """The weights of Li, Morgan & Zaslavsky's table 1, for a treated and a control subject."""
    np.testing.assert_allclose(balancing_weights(ARMS, np.full(2, 0.25), target), expected)


@pytest.mark.parametrize("target", TARGETS)
@given(score=st.floats(min_value=0.01, max_value=0.99))
def test_derivatives_are_those_of_the_functions(target: Target, score: float) -> None:
    """Weights and tilting, differentiated by a complex step."""
    at = np.full(2, score)
    step = np.full(2, score + 1e-30j)
    weights = balancing_weights(ARMS, step, target).imag / 1e-30  # type: ignore[arg-type]
    np.testing.assert_allclose(weight_derivatives(ARMS, at, target), weights, rtol=1e-12)
    tilt = np.asarray(tilting(step, target)[0]).imag / 1e-30  # type: ignore[arg-type]
    np.testing.assert_allclose(tilting(at, target)[1], tilt, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("target", TARGETS)
@given(sample=samples)
def test_weights_are_tilting_over_the_chance_of_the_arm(target: Target, sample: Sample) -> None:
    """For every target, a subject's weight is its tilt over the probability of its own arm."""
    score = sample.fit.fitted
    own = np.where(sample.treated, score, 1 - score)
    np.testing.assert_allclose(
        balancing_weights(sample.treated, score, target), tilting(score, target)[0] / own
    )


@given(sample=samples)
def test_overlap_weights_balance_every_covariate_exactly(sample: Sample) -> None:
    """With scores by maximum likelihood the weighted means agree (Li, Morgan & Zaslavsky, 2018, theorem 3)."""
    weights = balancing_weights(sample.treated, sample.fit.fitted, "ATO")
    means = [normalised(weights, arm) @ sample.x for arm in (sample.treated, ~sample.treated)]
    np.testing.assert_allclose(means[0], means[1], atol=1e-10)


@given(sample=samples)
def test_normalised_weights_add_up_to_one_within_the_arm(sample: Sample) -> None:
    """Their sum is 1, and those of the other arm are 0."""
    weights = balancing_weights(sample.treated, sample.fit.fitted)
    shares = normalised(weights, sample.treated)
    assert shares.sum() == pytest.approx(1, rel=1e-12)
    assert (shares[~sample.treated] == 0).all()


def test_stabilised_weights_are_the_shares_times_the_weights() -> None:
    """A constant per arm, so that a Hájek mean does not notice."""
    sample = draw(41)
    score = sample.fit.fitted
    ratio = stabilised_weights(sample.treated, score) / balancing_weights(sample.treated, score)
    np.testing.assert_allclose(ratio[sample.treated], sample.treated.mean())
    np.testing.assert_allclose(ratio[~sample.treated], 1 - sample.treated.mean())


@given(sample=samples, factor=st.floats(min_value=0.01, max_value=100))
def test_effective_size_and_share_do_not_depend_on_scale(sample: Sample, factor: float) -> None:
    """The effective size lies between 1 and n, the share between 1/n and 1, whatever the weights' unit."""
    weights = balancing_weights(sample.treated, sample.fit.fitted)
    n = len(weights)
    assert 1 <= effective_sample_size(weights) <= n
    assert 1 / n <= largest_share(weights) <= 1
    assert effective_sample_size(factor * weights) == pytest.approx(effective_sample_size(weights))
    assert largest_share(factor * weights) == pytest.approx(largest_share(weights))


def test_effective_size_of_known_weights() -> None:
    """Even weights cost nothing; (1 + 1 + 2)²/(1 + 1 + 4) is 8/3, and the largest share one half."""
    assert effective_sample_size(np.full(7, 3.0)) == pytest.approx(7)
    assert effective_sample_size(np.array([1.0, 1.0, 2.0])) == pytest.approx(8 / 3)
    assert largest_share(np.array([1.0, 1.0, 2.0])) == pytest.approx(0.5)
