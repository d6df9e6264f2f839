"""Standardisation in randomised trials: robust and conditional variances."""

import numpy as np
import pytest
import statsmodels.api as sm

from medicore.errors import EstimationError
from medicore.stats.effect import randomised
from medicore.stats.effect.contrasts import difference
from medicore.stats.effect.randomised import conditional_means, randomised_means
from medicore.stats.effect.standardisation import standardised_means
from medicore.stats.effect.unadjusted import difference_of_means
from medicore.stats.models.outcome_model import Family, fit_outcome_models
from tests.stats.samples import draw


def trial(seed: int, n: int = 4000, binary: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return covariates, a randomised arm and an outcome with a square that no model has."""
    chance = np.random.Generator(np.random.PCG64(seed))
    x = chance.normal(size=(n, 2))
    treated = chance.random(n) < 0.5
    mean = 0.5 * treated * (1 + x[:, 1]) + x[:, 0] ** 2 + x[:, 0]
    if binary:
        return x, treated, (chance.random(n) < 1 / (1 + np.exp(1 - mean))).astype(float)
    return x, treated, mean + chance.normal(size=n)


@pytest.mark.parametrize("form", ["per arm", "joint"])
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_the_means_are_the_standardised_ones(family: Family, form: str) -> None:
    """Only the variance is another one."""
    data = trial(161, binary=family == "binomial")
    found = randomised_means(*data, family, form)  # type: ignore[arg-type]
    other = standardised_means(*data, family, form)  # type: ignore[arg-type]
    assert found.treated == pytest.approx(other.treated)
    assert found.control == pytest.approx(other.control)
    assert found.estimator == other.estimator
    assert found.variance == "simple randomisation, robust, ddof 1"


def test_in_a_large_trial_the_robust_variance_is_the_influence_functions() -> None:
    """Var[a(y − m1)/π − (1 − a)(y − m0)/(1 − π) + m1 − m0]/n, with the wrong models as they are."""
    x, treated, outcome = trial(162)
    fits = [sm.OLS(outcome[arm], sm.add_constant(x[arm])).fit() for arm in (treated, ~treated)]
    model_1, model_0 = (fit.predict(sm.add_constant(x)) for fit in fits)
    share = treated.mean()
    influence = (
        treated * (outcome - model_1) / share
        - ~treated * (outcome - model_0) / (1 - share)
        + model_1
        - model_0
    )
    found = difference(randomised_means(x, treated, outcome, form="per arm"))
    assert found.standard_error == pytest.approx(influence.std() / np.sqrt(4000), rel=0.01)


def test_the_robust_covariance_is_the_published_formula() -> None:
    """Variances and covariance of the two risks, written out, for a logistic model that is wrong."""
    x, treated, outcome = trial(169, n=500, binary=True)
    models = fit_outcome_models(x, treated, outcome, "binomial", "joint")
    one, zero = models[0].predicted, models[1].predicted

    def expected(arm: np.ndarray, model: np.ndarray) -> float:
        y, inside = outcome[arm], model[arm]
        with_y = np.cov(y, inside)[0, 1]
        spread = y.var(ddof=1) + model.var(ddof=1) - 2 * with_y
        return float(spread / arm.mean() + 2 * with_y - model.var(ddof=1)) / 500

    both = np.cov(outcome[treated], zero[treated])[0, 1] + np.cov(outcome[~treated], one[~treated])[0, 1]
    covariance = randomised_means(x, treated, outcome, "binomial").covariance
    assert covariance[0, 0] == pytest.approx(expected(treated, one), rel=1e-9)
    assert covariance[1, 1] == pytest.approx(expected(~treated, zero), rel=1e-9)
    assert covariance[0, 1] == pytest.approx((both - np.cov(one, zero)[0, 1]) / 500, rel=1e-9)


def test_adjustment_gains_precision_over_none() -> None:
    """A prognostic covariate makes the standard error smaller."""
    x, treated, outcome = trial(163)
    adjusted = difference(randomised_means(x, treated, outcome, form="per arm"))
    assert adjusted.standard_error < difference_of_means(treated, outcome).standard_error


def test_without_covariates_it_is_no_adjustment() -> None:
    """The model predicts each arm's mean, and the variance is s1²/n1 + s0²/n0 of the sample shares."""
    _, treated, outcome = trial(164, n=200)
    found = difference(randomised_means(np.empty((200, 0)), treated, outcome))
    raw = difference_of_means(treated, outcome)
    assert found.value == pytest.approx(raw.value)
    assert found.standard_error == pytest.approx(raw.standard_error)


@pytest.mark.parametrize("kind", ["model", "HC0", "HC3"])
def test_conditional_variances_of_a_linear_model_are_its_coefficients(kind: str) -> None:
    """The difference of standardised means is the coefficient of the arm, with the same covariance."""
    x, treated, outcome = trial(165, n=300)
    design = sm.add_constant(np.column_stack([treated, x]))
    theirs = sm.OLS(outcome, design).fit(cov_type="nonrobust" if kind == "model" else kind)
    found = difference(conditional_means(x, treated, outcome, "gaussian", kind))  # type: ignore[arg-type]
    assert found.value == pytest.approx(theirs.params[1])
    assert found.standard_error == pytest.approx(theirs.bse[1])
    assert found.variance == f"delta method, covariates fixed, {kind}"


def test_conditional_variance_of_a_logistic_model_is_the_delta_methods() -> None:
    """The gradient of the mean difference, by central differences, on statsmodels' covariance."""
    x, treated, outcome = trial(166, n=400, binary=True)
    design = sm.add_constant(np.column_stack([treated, x]))
    fit = sm.GLM(outcome, design, family=sm.families.Binomial()).fit(tol=1e-14)

    def gap(beta: np.ndarray) -> float:
        chances = []
        for arm in (1.0, 0.0):
            rows = design.copy()
            rows[:, 1] = arm
            chances.append((1 / (1 + np.exp(-(rows @ beta)))).mean())
        return float(chances[0] - chances[1])

    beta = np.asarray(fit.params)
    steps = np.eye(4) * 1e-6
    gradient = np.array([(gap(beta + step) - gap(beta - step)) / 2e-6 for step in steps])
    found = difference(conditional_means(x, treated, outcome, "binomial", "model"))
    assert found.value == pytest.approx(gap(beta))
    expected = np.sqrt(gradient @ fit.cov_params() @ gradient)
    assert found.standard_error == pytest.approx(expected, rel=1e-6)


def test_a_binary_model_refuses_other_outcomes() -> None:
    """Both variances go through the same check."""
    sample = draw(167)
    for function in (randomised_means, conditional_means):
        with pytest.raises(EstimationError, match="something other than 0 and 1"):
            function(sample.x, sample.treated, sample.outcome, "binomial")


def test_a_perfect_linear_fit_has_no_error() -> None:
    """Where the effect is a constant and nothing is left over, rounding does not make the variance negative."""
    sample = draw(168)
    exact = 2.0 * sample.treated + sample.x[:, 0]
    found = difference(conditional_means(sample.x, sample.treated, exact))
    assert found.standard_error == pytest.approx(0, abs=1e-10)


def test_a_covariance_that_rounding_made_indefinite_has_a_root() -> None:
    """A correlation of 1 and a little more is taken as 1; a proper covariance comes back as it was."""
    for given, tolerance in (
        ([[1.0, 1 + 1e-12], [1 + 1e-12, 1.0]], 1e-11),
        ([[2.0, -0.5], [-0.5, 1.0]], 1e-14),
    ):
        root = randomised._root(np.array(given))
        np.testing.assert_allclose(root.T @ root, given, atol=tolerance)
