"""AIPW: its contributions, its two variances, and double robustness on a large sample."""

import numpy as np
import pytest
from scipy.special import expit

from medicore.stats.effect.augmented import augmented_inverse_probability
from medicore.stats.effect.contrasts import difference, odds_ratio
from medicore.stats.models.logistic import fit_logistic
from medicore.stats.models.scores import known_scores
from tests.stats.samples import Sample, draw


def large(seed: int) -> Sample:
    """Return 20,000 subjects with an effect of 1 that is confounded through a square."""
    chance = np.random.Generator(np.random.PCG64(seed))
    x = chance.normal(size=(20_000, 2))
    treated = chance.random(20_000) < expit(0.3 * (x[:, 0] ** 2 - 1) + 0.5 * x[:, 1])
    outcome = treated + 2 * x[:, 0] ** 2 + x[:, 1] + chance.normal(size=20_000)
    return Sample(x, treated, outcome)


@pytest.mark.parametrize("target", ["ATE", "ATT"])
def test_contributions_average_to_the_estimate(target: str) -> None:
    """Their mean is the estimate, which is the difference of the two means."""
    sample = draw(101)
    found = augmented_inverse_probability(sample.x, sample.treated, sample.outcome, sample.fit, target=target)  # type: ignore[arg-type]
    estimate = found.influence_function
    assert found.influence.mean() == pytest.approx(estimate.value)
    assert found.mean_treated - found.mean_control == pytest.approx(estimate.value)
    assert found.sandwich.value == estimate.value
    assert estimate.estimand == target
    assert found.influence.shape == (240,)


def test_the_influence_function_error_names_its_ddof() -> None:
    """ATE: sd with ddof 1 over √n. ATT: ddof 0, with the estimated share treated in the influence."""
    sample = draw(102)
    data = (sample.x, sample.treated, sample.outcome, sample.fit)
    ate = augmented_inverse_probability(*data)
    assert ate.influence_function.standard_error == pytest.approx(ate.influence.std(ddof=1) / np.sqrt(240))
    assert ate.influence_function.variance == "influence function, ddof 1"
    att = augmented_inverse_probability(*data, target="ATT")
    share = sample.treated / sample.treated.mean()
    centred = att.influence - share * att.influence_function.value
    assert att.influence_function.standard_error == pytest.approx(np.sqrt((centred**2).sum()) / 240)
    assert att.influence_function.variance == "influence function, ddof 0"


def test_the_mean_of_the_treated_is_the_observed_one_for_att() -> None:
    """Nothing is modelled about what the treated had."""
    sample = draw(103)
    found = augmented_inverse_probability(sample.x, sample.treated, sample.outcome, sample.fit, target="ATT")
    assert found.mean_treated == pytest.approx(sample.outcome[sample.treated].mean())


@pytest.mark.parametrize("right", ["propensity", "outcome"])
def test_one_right_model_is_enough(right: str) -> None:
    """With the square in one of the models the effect of 1 is found within four standard errors."""
    sample = large(104)
    full = np.column_stack([sample.x, sample.x[:, 0] ** 2])
    x_propensity, x_outcome = (full, sample.x) if right == "propensity" else (sample.x, full)
    found = augmented_inverse_probability(
        x_outcome, sample.treated, sample.outcome, fit_logistic(x_propensity, sample.treated)
    ).sandwich
    assert abs(found.value - 1) < 4 * found.standard_error
    assert found.standard_error < 0.1


def test_two_wrong_models_are_not() -> None:
    """Without the square in either, the estimate is far from 1, and says nothing of it."""
    sample = large(105)
    found = augmented_inverse_probability(
        sample.x, sample.treated, sample.outcome, fit_logistic(sample.x, sample.treated)
    ).sandwich
    assert abs(found.value - 1) > 20 * found.standard_error


def test_known_scores_leave_only_the_outcome_models_in_the_sandwich() -> None:
    """In a trial with known allocation the stacked error and the influence function's agree in large samples."""
    chance = np.random.Generator(np.random.PCG64(106))
    x = chance.normal(size=(20_000, 2))
    treated = chance.random(20_000) < 0.5
    outcome = treated + x.sum(axis=1) + chance.normal(size=20_000)
    found = augmented_inverse_probability(x, treated, outcome, known_scores(np.full(20_000, 0.5)))
    ratio = found.sandwich.standard_error / found.influence_function.standard_error
    assert ratio == pytest.approx(1, abs=0.01)


def test_tables_can_tell_the_forms_apart() -> None:
    """The estimator's name says when one outcome model serves both arms."""
    sample = draw(108)
    data = (sample.x, sample.treated, sample.outcome, sample.fit)
    assert augmented_inverse_probability(*data).sandwich.estimator == "AIPW"
    joint = augmented_inverse_probability(*data, form="joint").influence_function
    assert joint.estimator == "AIPW, joint outcome model"


def test_a_binary_outcome_has_its_ratios() -> None:
    """The means of the result give the odds ratio; both variances have the same value."""
    sample = draw(107, n=600, family="binomial")
    found = augmented_inverse_probability(
        sample.x, sample.treated, sample.outcome, sample.fit, family="binomial"
    )
    assert odds_ratio(found.means).value == odds_ratio(found.stacked).value
    assert difference(found.means) == found.influence_function
    assert not any(model.separated for model in found.models)
