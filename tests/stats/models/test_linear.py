"""Least squares against statsmodels, under every covariance, with weights and aliased columns."""

import numpy as np
import pytest
import statsmodels.api as sm

from medicore.errors import EstimationError
from medicore.stats.models.linear import Covariance, fit_linear
from tests.stats.samples import draw

CLOSE = 1e-9
KINDS: tuple[Covariance, ...] = ("model", "HC0", "HC1", "HC2", "HC3")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_coefficients_and_errors_are_statsmodels(kind: Covariance, weighted: bool) -> None:
    """Coefficients, residuals and each kind of standard error, on the given scale."""
    sample = draw(31)
    weights = np.random.Generator(np.random.PCG64(1)).random(240) + 0.1
    even = weights if weighted else np.ones(240)
    theirs = sm.WLS(sample.outcome, sm.add_constant(sample.x), weights=even).fit(
        cov_type="nonrobust" if kind == "model" else kind
    )
    ours = fit_linear(sample.x, sample.outcome, weights if weighted else None)
    np.testing.assert_allclose(ours.coefficients, theirs.params, rtol=CLOSE)
    np.testing.assert_allclose(ours.residual, theirs.resid, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(ours.fitted, theirs.fittedvalues, rtol=CLOSE)
    np.testing.assert_allclose(ours.standard_errors(kind), theirs.bse, rtol=CLOSE)
    assert ours.degrees_of_freedom == theirs.df_resid


def test_influence_values_have_mean_zero_and_the_robust_variance() -> None:
    """Their products over n² are the HC0 covariance of the basis coefficients."""
    sample = draw(32)
    fit = fit_linear(sample.x, sample.outcome)
    np.testing.assert_allclose(fit.influence.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(fit.influence.T @ fit.influence / 240**2, fit.basis_covariance("HC0"))


def test_predictions_for_other_rows_follow_the_coefficients() -> None:
    """New rows are taken to the basis with the means and scales of the fit."""
    sample = draw(33)
    fit = fit_linear(sample.x, sample.outcome)
    new = np.array([[1.0, -2.0, 1.0], [0.0, 0.0, 0.0]])
    expected = fit.coefficients[0] + new @ fit.coefficients[1:]
    np.testing.assert_allclose(fit.predict(new), expected, rtol=CLOSE)


def test_aliased_columns_have_no_coefficient() -> None:
    """A constant column is named, and has neither coefficient nor standard error."""
    sample = draw(34)
    fit = fit_linear(np.column_stack([sample.x[:, 0], np.ones(240)]), sample.outcome)
    assert fit.aliased == (1,)
    assert np.isnan(fit.coefficients[2])
    assert np.isnan(fit.standard_errors("HC2")[2])
    assert np.isfinite(fit.coefficients[:2]).all()


@pytest.mark.parametrize("kind", ["HC0", "HC2", "HC3"])
def test_a_subject_with_a_coefficient_to_itself_counts_nothing(kind: Covariance) -> None:
    """Leverage 1 leaves a residual of 0 over 0: the others' errors are as if it were not there.

    Its own coefficient is known as well as the prediction for it from everybody else, and no better.
    """
    sample = draw(35)
    alone = np.zeros(240)
    alone[0] = 1.0
    with_it = fit_linear(np.column_stack([sample.x, alone]), sample.outcome)
    without = fit_linear(sample.x[1:], sample.outcome[1:])
    np.testing.assert_allclose(with_it.coefficients[:4], without.coefficients, rtol=CLOSE)
    np.testing.assert_allclose(with_it.standard_errors(kind)[:4], without.standard_errors(kind), rtol=1e-8)
    row = without.design.basis(sample.x[[0]])[0]
    own = np.sqrt(row @ without.basis_covariance(kind) @ row)
    assert with_it.standard_errors(kind)[4] == pytest.approx(own, rel=1e-8)


def test_too_few_subjects_are_refused() -> None:
    """As many parameters as subjects leave no residual."""
    sample = draw(36)
    with pytest.raises(EstimationError, match="4 subjects cannot carry 4 parameters"):
        fit_linear(sample.x[:4], sample.outcome[:4])


@pytest.mark.parametrize("place", ["outcome", "weight"])
def test_a_number_that_is_not_finite_is_refused(place: str) -> None:
    """NaN in the outcome, or infinity in a weight."""
    sample, outcome, weights = draw(37), draw(37).outcome.copy(), np.ones(240)
    if place == "outcome":
        outcome[3] = np.nan
    else:
        weights[3] = np.inf
    with pytest.raises(EstimationError, match="NaN or infinite"):
        fit_linear(sample.x, outcome, weights)
