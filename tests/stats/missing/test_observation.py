"""The probability of being observed: one regression for both arms, as if treated and as if not."""

import numpy as np
import pytest
from scipy.special import expit

from medicore.errors import EstimationError
from medicore.stats.missing.observation import fit_observation
from medicore.stats.models.logistic import fit_logistic
from tests.stats.missing.unobserved import unobserved

CLOSE = 1e-10
"""Of a probability, by another order of sums."""


def test_both_arms_probabilities_come_from_one_regression_on_arm_and_covariates() -> None:
    """The coefficient of the arm alone tells the two probabilities of one subject apart."""
    sample = unobserved(1)
    found = fit_observation(sample.x, sample.treated, sample.observed)
    assert found.fit is not None
    intercept, arm, *slopes = fit_logistic(
        np.column_stack([sample.treated, sample.x]), sample.observed
    ).coefficients
    predictor = intercept + sample.x @ np.array(slopes)
    np.testing.assert_allclose(found.control.fitted, expit(predictor), atol=CLOSE)
    np.testing.assert_allclose(found.treated.fitted, expit(predictor + arm), atol=CLOSE)
    assert found.arms == (found.treated, found.control)


@pytest.mark.parametrize("complete", ["neither", "treated", "control"])
def test_the_gradient_is_the_derivative(complete: str) -> None:
    """A small step in each coefficient moves each probability by the gradient times the step."""
    sample = unobserved(2, complete=complete)
    found = fit_observation(sample.x, sample.treated, sample.observed)
    assert found.fit is not None
    for arm, scores in zip((1.0, 0.0), found.arms, strict=True):
        if scores.gradient.shape[1] == 0:
            continue
        rows = sample.x if complete != "neither" else np.column_stack([np.full(240, arm), sample.x])
        for place in range(scores.gradient.shape[1]):
            moved = found.fit.theta.copy()
            moved[place] += 1e-6
            there = expit(found.fit.design.basis(rows) @ moved)
            np.testing.assert_allclose((there - scores.fitted) / 1e-6, scores.gradient[:, place], atol=1e-6)


def test_the_influence_is_that_of_the_regression() -> None:
    """With missing outcomes in both arms it is the fit's; the arms share it."""
    found = unobserved(3).observation
    assert found.fit is not None
    assert found.treated.influence is found.fit.influence
    assert found.control.influence is found.fit.influence


@pytest.mark.parametrize("complete", ["treated", "control"])
def test_an_arm_that_misses_no_outcome_is_observed_for_certain(complete: str) -> None:
    """Its probability is 1; the other arm's is the limit of the one regression, which has no maximum."""
    sample = unobserved(4, complete=complete)
    found = sample.observation
    certain, other = found.arms if complete == "treated" else found.arms[::-1]
    arm = ~sample.treated if complete == "treated" else sample.treated
    assert (certain.fitted == 1).all()
    assert certain.gradient.shape == certain.influence.shape == (240, 0)
    alone = fit_logistic(sample.x[arm], sample.observed[arm])
    np.testing.assert_allclose(other.fitted, alone.probability(sample.x), atol=CLOSE)
    joint = fit_logistic(np.column_stack([sample.treated, sample.x]), sample.observed)
    assert joint.separated
    np.testing.assert_allclose(other.fitted[arm], joint.fitted[arm], atol=1e-6)
    assert (other.influence[~arm] == 0).all()
    np.testing.assert_allclose(other.influence[arm] / 240, alone.influence / arm.sum(), atol=CLOSE)


def test_nothing_is_estimated_when_no_outcome_is_missing() -> None:
    """Every probability is 1 and known."""
    sample = unobserved(5)
    found = fit_observation(sample.x, sample.treated, np.ones(240, dtype=bool))
    assert found.fit is None
    for scores in found.arms:
        assert (scores.fitted == 1).all()
        assert scores.gradient.shape == scores.influence.shape == (240, 0)


@pytest.mark.parametrize("arm", ["treated", "control"])
def test_an_arm_without_an_observed_outcome_is_refused(arm: str) -> None:
    """The arm is named, with the number of its subjects."""
    sample = unobserved(6)
    inside = sample.treated if arm == "treated" else ~sample.treated
    with pytest.raises(
        EstimationError, match=f"no outcome is observed among {inside.sum()} {arm} subjects; expected some"
    ):
        fit_observation(sample.x, sample.treated, sample.observed & ~inside)
