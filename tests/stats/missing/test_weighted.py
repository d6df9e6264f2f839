"""The doubly robust estimator with missing outcomes: its numbers, its two errors, and what it never reads."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from medicore.errors import EstimationError
from medicore.stats.balance.weights import Target
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.doubly_robust import doubly_robust
from medicore.stats.missing.observation import Observation, fit_observation
from medicore.stats.missing.weighted import augmented_observed
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.outcome_model import Family
from medicore.stats.models.scores import known_scores
from tests.stats.missing.stacked_observed import effect
from tests.stats.missing.unobserved import COMPLETE, unobserved

CLOSE = 1e-8
"""Relative difference between two routes to the same root and the same sandwich."""
SAME = 1e-12
"""Of the same estimator by another order of operations, in standard errors."""
TARGETS: tuple[Target, ...] = ("ATE", "ATT", "ATO")


@pytest.mark.parametrize("complete", COMPLETE)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_estimate_and_sandwich_solve_the_stacked_equations(
    family: Family, target: Target, complete: str
) -> None:
    """The variance is that of the whole stack: propensity, observation and outcome models, and the means."""
    sample = unobserved(11, family=family, complete=complete)
    found = sample.augmented(target).sandwich
    assert (found.value, found.standard_error) == pytest.approx(
        effect(sample, "augmented", target), rel=CLOSE
    )
    assert (found.estimand, found.variance, found.n) == (target, "stacked sandwich, ddof 0", 240)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_with_no_outcome_missing_it_is_the_estimator_without(family: Family, target: Target) -> None:
    """Value, both errors, means and contributions are those of ``doubly_robust``."""
    sample = unobserved(12, family=family)
    data = (sample.x, sample.treated, sample.known)
    everybody = np.ones(240, dtype=bool)
    plain = doubly_robust(*data, sample.propensity, family=family, target=target)
    found = augmented_observed(
        *data, everybody, sample.propensity, fit_observation(sample.x, sample.treated, everybody),
        family=family, target=target,
    )  # fmt: skip
    limit = SAME * plain.sandwich.standard_error
    for name in ("influence_function", "sandwich"):
        mine, expected = getattr(found, name), getattr(plain, name)
        assert abs(mine.value - expected.value) <= limit
        assert abs(mine.standard_error - expected.standard_error) <= limit
        assert mine.variance == expected.variance
    assert abs(found.mean_treated - plain.mean_treated) <= limit
    assert abs(found.mean_control - plain.mean_control) <= limit
    np.testing.assert_allclose(found.influence, plain.influence, atol=SAME * np.abs(plain.influence).max())
    for mine, expected in ((found.means, plain.means), (found.stacked, plain.stacked)):
        np.testing.assert_allclose(mine.root, expected.root, atol=SAME * np.abs(expected.root).max())


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e300, -7.0])
@pytest.mark.parametrize("target", TARGETS)
def test_an_outcome_that_is_not_observed_is_never_read(target: Target, number: float) -> None:
    """Whatever stands in its place, every bit of the result is the same."""
    sample = unobserved(13)
    other = replace(sample, outcome=np.where(sample.observed, sample.outcome, number))
    mine, theirs = sample.augmented(target), other.augmented(target)
    assert (mine.sandwich, mine.influence_function) == (theirs.sandwich, theirs.influence_function)
    assert mine.influence.tobytes() == theirs.influence.tobytes()


@pytest.mark.parametrize("target", TARGETS)
def test_contributions_average_to_the_estimate(target: Target) -> None:
    """Their mean is the difference of the arms' means; the error of the ATE is their standard deviation over √n."""
    found = unobserved(14).augmented(target)
    value = found.influence_function.value
    assert found.influence.shape == (240,)
    assert found.mean_treated - found.mean_control == pytest.approx(value)
    assert (found.means.treated, found.means.control) == (found.mean_treated, found.mean_control)
    assert difference(found.means) == found.influence_function
    assert difference(found.stacked) == found.sandwich
    if target != "ATO":
        assert found.influence.mean() == pytest.approx(value)
    if target == "ATE":
        assert found.influence_function.standard_error == pytest.approx(
            found.influence.std(ddof=1) / np.sqrt(240)
        )


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("form", ["per arm", "joint"])
def test_the_result_names_its_estimator(target: Target, form: str) -> None:
    """Observation is part of the name, and so is a joint outcome model; models and ddof are as announced."""
    found = unobserved(15).augmented(target, form)  # type: ignore[arg-type]
    name = {"ATO": "Augmented overlap weighting"}.get(target, "AIPW") + " for treatment and observation"
    assert found.sandwich.estimator == name + (", joint outcome model" if form == "joint" else "")
    assert found.influence_function.estimator == found.sandwich.estimator
    assert found.influence_function.variance == f"influence function, ddof {0 if target == 'ATT' else 1}"
    slopes = [np.linalg.lstsq(model.gradient, model.predicted, rcond=None)[0] for model in found.models]
    assert np.allclose(slopes[0][-1], slopes[1][-1]) == (form == "joint")


@pytest.mark.parametrize("target", ["ATE", "ATO"])
def test_swapping_the_arms_negates_the_effect(target: Target) -> None:
    """Treated and control exchanged, the effect changes its sign and nothing else."""
    sample = unobserved(16)
    plain, swapped = sample.augmented(target), replace(sample, treated=~sample.treated).augmented(target)
    for name in ("sandwich", "influence_function"):
        one, other = getattr(plain, name), getattr(swapped, name)
        assert (one.value, one.standard_error) == pytest.approx(
            (-other.value, other.standard_error), rel=CLOSE
        )


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("seed", [17, 18])
def test_order_origin_and_units_do_not_matter(target: Target, seed: int) -> None:
    """Rows permuted, outcomes shifted and scaled, covariates in other units: the same effect in other units."""
    sample = unobserved(seed)
    order = np.random.Generator(np.random.PCG64(seed)).permutation(240)
    plain = sample.augmented(target)
    for changed, factor in (
        (sample.taken(order), 1.0),
        (replace(sample, outcome=sample.outcome + 31.0), 1.0),
        (replace(sample, outcome=sample.outcome * 0.02), 0.02),
        (replace(sample, x=sample.x * [1000.0, -0.01, 3.0] + 5), 1.0),
    ):
        found = changed.augmented(target)
        for name in ("sandwich", "influence_function"):
            one, other = getattr(plain, name), getattr(found, name)
            assert (other.value, other.standard_error) == pytest.approx(
                (factor * one.value, factor * one.standard_error), rel=1e-7
            )


def test_known_probabilities_add_nothing_to_the_sandwich() -> None:
    """With the truth for both probabilities only the outcome models are left in it; they hardly count."""
    sample = unobserved(19, n=40_000)
    chance = [expit(1 + 0.6 * sample.x[:, 0] - 0.7 * arm) for arm in (1, 0)]
    truth = Observation(known_scores(chance[0]), known_scores(chance[1]), None)
    score = known_scores(expit(0.5 * sample.x[:, 0] - 0.4 * sample.x[:, -1]))
    found = augmented_observed(sample.x, sample.treated, sample.outcome, sample.observed, score, truth)
    ratio = found.sandwich.standard_error / found.influence_function.standard_error
    assert ratio == pytest.approx(1, abs=0.02)
    assert abs(found.sandwich.value - 1) < 4 * found.sandwich.standard_error


@pytest.mark.parametrize("right", ["outcome", "propensity and observation", "propensity", "observation"])
def test_the_outcome_model_or_both_others_must_be_right(right: str) -> None:
    """The effect of 1 is found with the square in the one or in both others; with one of the others it is not."""
    chance = np.random.Generator(np.random.PCG64(104))
    x = chance.uniform(-2, 2, size=(40_000, 2))
    square = x[:, 0] ** 2
    treated = chance.random(40_000) < expit(0.5 * (square - 1.3) + 0.5 * x[:, 1])
    outcome = treated + 2 * square + x[:, 1] + chance.normal(size=40_000)
    observed = chance.random(40_000) < expit(0.7 + 1.5 * treated - 0.8 * square)
    full = np.column_stack([x, square])
    found = augmented_observed(
        full if right == "outcome" else x,
        treated,
        np.where(observed, outcome, np.nan),
        observed,
        fit_logistic(full if "propensity" in right else x, treated),
        fit_observation(full if "observation" in right else x, treated, observed),
    ).sandwich
    off = abs(found.value - 1) / found.standard_error
    assert off < 4 if right in ("outcome", "propensity and observation") else off > 8


def test_an_outcome_that_is_observed_must_be_a_number() -> None:
    """NaN where an outcome counts as observed is refused, and so is a mark that is not boolean."""
    sample = unobserved(20)
    broken = sample.outcome.copy()
    broken[np.flatnonzero(sample.observed)[:2]] = np.nan
    with pytest.raises(EstimationError, match=r"'outcome' holds 2 number\(s\) that are NaN or infinite"):
        replace(sample, outcome=broken).augmented()
    for observed in (sample.observed.astype(int), sample.observed.tolist(), sample.observed[1:]):
        with pytest.raises(
            EstimationError, match=r"'observed' is an? .*; expected a boolean array of shape \(240,\)"
        ):
            augmented_observed(
                sample.x, sample.treated, sample.outcome, observed, sample.propensity, sample.observation
            )


def test_a_binary_outcome_is_one_where_it_is_observed() -> None:
    """Another number among the observed is refused; among the others it is not read."""
    sample = unobserved(21, family="binomial")
    place = int(np.flatnonzero(~sample.observed)[0])
    outcome = sample.outcome.copy()
    outcome[place] = 3.0
    assert replace(sample, outcome=outcome).augmented().sandwich == sample.augmented().sandwich
    outcome[int(np.flatnonzero(sample.observed)[0])] = 3.0
    with pytest.raises(EstimationError, match="something other than 0 and 1"):
        replace(sample, outcome=outcome).augmented()
