"""Outcome models per arm and joint, linear and logistic."""

import numpy as np
import pytest
import statsmodels.api as sm

from medicore.errors import EstimationError
from medicore.stats.models.outcome_model import Family, Form, fit_outcome_models
from tests.stats.samples import draw

CLOSE = 1e-8


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize("form", ["per arm", "joint"])
def test_predictions_are_statsmodels(family: Family, form: Form) -> None:
    """What everybody's outcome would be under either arm, by GLM with the same design."""
    sample = draw(81, family=family)
    models = fit_outcome_models(sample.x, sample.treated, sample.outcome, family, form)
    law = sm.families.Gaussian() if family == "gaussian" else sm.families.Binomial()
    ones = np.ones((240, 1))
    for model, arm, level in zip(models, (sample.treated, ~sample.treated), (1.0, 0.0), strict=True):
        if form == "per arm":
            design, inside, rows = np.hstack([ones, sample.x]), arm, np.hstack([ones, sample.x])
        else:
            design = np.column_stack([ones, sample.treated, sample.x])
            inside, rows = np.full(240, True), np.column_stack([ones, level * ones, sample.x])
        fit = sm.GLM(sample.outcome[inside], design[inside], family=law).fit(tol=1e-14)
        np.testing.assert_allclose(model.predicted, fit.predict(rows), rtol=1e-7)


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_influence_is_that_of_the_subset_in_the_whole_sample(family: Family) -> None:
    """Zero outside the arm, mean 0, and its products give the arm's own robust variance."""
    sample = draw(82, family=family)
    model = fit_outcome_models(sample.x, sample.treated, sample.outcome, family)[0]
    assert (model.influence[~sample.treated] == 0).all()
    np.testing.assert_allclose(model.influence.mean(axis=0), 0, atol=1e-9)
    mean = model.gradient.mean(axis=0)
    error = np.sqrt(((model.influence @ mean) ** 2).sum()) / 240
    law = sm.families.Gaussian() if family == "gaussian" else sm.families.Binomial()
    design = sm.add_constant(sample.x)
    fit = sm.GLM(sample.outcome[sample.treated], design[sample.treated], family=law).fit(
        tol=1e-14, cov_type="HC0"
    )
    chance = fit.predict(design)
    slope = np.ones(240) if family == "gaussian" else chance * (1 - chance)
    direction = (design * slope[:, None]).mean(axis=0)
    assert error == pytest.approx(np.sqrt(direction @ fit.cov_params() @ direction), rel=1e-6)


def test_rank_is_checked_within_each_arm() -> None:
    """A feature that only treated patients have is aliased among the controls, and named there."""
    sample = draw(83)
    rare = np.zeros(240)
    rare[np.flatnonzero(sample.treated)[:5]] = 1.0
    models = fit_outcome_models(np.column_stack([sample.x, rare]), sample.treated, sample.outcome)
    assert models[0].aliased == ()
    assert models[1].aliased == (3,)
    assert not models[0].separated
    assert models[0].converged


def test_separation_of_a_binary_outcome_is_reported() -> None:
    """An outcome that a feature predicts without error separates the model of its arm."""
    sample = draw(84, family="binomial")
    feature = np.zeros(240)
    feature[np.flatnonzero(sample.treated & (sample.outcome == 1))[:6]] = 1.0
    models = fit_outcome_models(
        np.column_stack([sample.x, feature]), sample.treated, sample.outcome, "binomial"
    )
    assert models[0].separated
    assert not models[1].separated


def test_a_binary_model_refuses_other_outcomes() -> None:
    """Anything but 0 and 1 raises; so does an arm in which everybody has the same."""
    sample = draw(85, family="binomial")
    with pytest.raises(EstimationError, match="something other than 0 and 1"):
        fit_outcome_models(sample.x, sample.treated, sample.outcome + 1, "binomial")
    with pytest.raises(EstimationError, match="one outcome only"):
        fit_outcome_models(sample.x, sample.treated, sample.outcome * sample.treated, "binomial")


def test_an_empty_arm_is_refused() -> None:
    """Nobody treated leaves nothing to fit the treated's model on."""
    sample = draw(86)
    with pytest.raises(EstimationError, match="no treated subject is left of 240"):
        fit_outcome_models(sample.x, np.zeros(240, dtype=bool), sample.outcome)


@pytest.mark.parametrize("family", ["gaussian", "binomial"])
@pytest.mark.parametrize("form", ["per arm", "joint"])
def test_models_are_fitted_among_the_observed_and_predict_for_everybody(family: Family, form: Form) -> None:
    """Predictions for the observed are those of a sample without the others, whose outcomes are not read."""
    sample = draw(84, family=family)
    observed = np.arange(240) % 5 != 0
    outcome = np.where(observed, sample.outcome, 9.0)
    found = fit_outcome_models(sample.x, sample.treated, outcome, family, form, observed)
    alone = fit_outcome_models(sample.x[observed], sample.treated[observed], outcome[observed], family, form)
    for model, expected, arm in zip(found, alone, (sample.treated, ~sample.treated), strict=True):
        assert model.predicted.shape == (240,)
        np.testing.assert_allclose(model.predicted[observed], expected.predicted, rtol=CLOSE)
        fitted = observed & arm if form == "per arm" else observed
        assert (np.abs(model.influence).max(axis=1) > 0).tolist() == fitted.tolist()
        np.testing.assert_allclose(
            model.influence[observed] / 240, expected.influence / observed.sum(), atol=CLOSE
        )
