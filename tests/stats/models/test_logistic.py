"""Logistic regression against statsmodels, and its evidence of separation against linear programming."""

import warnings

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from scipy.optimize import linprog

from medicore.errors import EstimationError
from medicore.stats.models import logistic
from medicore.stats.models.logistic import LogisticFit, fit_logistic
from tests.stats.samples import draw, seeds

CLOSE = 1e-8
"""Relative difference between two programs that both solve to full precision."""


def by_statsmodels(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> sm.GLM:
    """Return the same fit by statsmodels."""
    model = sm.GLM(
        y.astype(float),
        sm.add_constant(x),
        family=sm.families.Binomial(),
        freq_weights=np.ones(len(y)) if weights is None else weights,
    )
    return model.fit(tol=1e-14, tol_criterion="params", maxiter=100)


def complete(x: np.ndarray, y: np.ndarray) -> bool:
    """Return whether a direction separates the outcomes, weakly, by linear programming (Konis, 2007)."""
    signed = np.column_stack([np.ones(len(x)), x]) * np.where(y, 1.0, -1.0)[:, None]
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(x)), bounds=(-1, 1))
    return bool(-found.fun > 1e-6)


@pytest.mark.parametrize("weighted", [False, True])
def test_coefficients_errors_and_likelihood_are_statsmodels(weighted: bool) -> None:
    """On the given scale, intercept first, with and without weights."""
    sample = draw(11)
    weights = np.random.Generator(np.random.PCG64(1)).integers(0, 4, size=240).astype(float)
    theirs = by_statsmodels(sample.x, sample.treated, weights if weighted else None)
    ours = fit_logistic(sample.x, sample.treated, weights if weighted else None)
    np.testing.assert_allclose(ours.coefficients, theirs.params, rtol=CLOSE)
    np.testing.assert_allclose(ours.standard_errors, theirs.bse, rtol=CLOSE)
    np.testing.assert_allclose(ours.fitted, theirs.fittedvalues, rtol=CLOSE)
    assert ours.log_likelihood == pytest.approx(theirs.llf, rel=CLOSE)
    assert ours.converged
    assert not ours.separated
    assert ours.score < 1e-10


def test_weights_are_repetitions() -> None:
    """A weight of 2 is a subject twice, in the estimate and in the model's covariance."""
    sample = draw(12)
    counts = np.random.Generator(np.random.PCG64(2)).integers(0, 3, size=240)
    weighted = fit_logistic(sample.x, sample.treated, counts.astype(float))
    repeated = fit_logistic(np.repeat(sample.x, counts, axis=0), np.repeat(sample.treated, counts))
    np.testing.assert_allclose(weighted.coefficients, repeated.coefficients, rtol=CLOSE)
    np.testing.assert_allclose(weighted.standard_errors, repeated.standard_errors, rtol=CLOSE)


def test_robust_covariances_are_statsmodels() -> None:
    """HC0 and HC3 of the basis coefficients, taken back to the given scale, are statsmodels'."""
    sample = draw(13)
    ours = fit_logistic(sample.x, sample.treated)
    back = ours.design.given_scale()
    for kind in ("HC0", "HC3"):
        model = sm.GLM(sample.treated.astype(float), sm.add_constant(sample.x), family=sm.families.Binomial())
        theirs = model.fit(tol=1e-14, tol_criterion="params", cov_type=kind)
        covariance = back @ ours.basis_covariance(kind) @ back.T
        if kind == "HC0":
            np.testing.assert_allclose(np.sqrt(np.diag(covariance)), theirs.bse, rtol=1e-7)
        else:
            leverage = theirs.get_influence().hat_matrix_diag
            design = sm.add_constant(sample.x)
            scores = design * ((sample.treated - theirs.fittedvalues) / (1 - leverage))[:, None]
            bread = theirs.normalized_cov_params
            np.testing.assert_allclose(covariance, bread @ scores.T @ scores @ bread, rtol=1e-7)


def test_influence_values_have_mean_zero_and_the_robust_variance() -> None:
    """Their products over n² are the HC0 covariance."""
    fit = draw(14).fit
    np.testing.assert_allclose(fit.influence.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(fit.influence.T @ fit.influence / 240**2, fit.basis_covariance("HC0"))


def test_probabilities_of_other_rows_follow_the_coefficients() -> None:
    """The rows of the fit give the fitted probabilities, and new ones the inverse logit of their predictor."""
    sample = draw(15)
    fit = sample.fit
    np.testing.assert_allclose(fit.probability(sample.x), fit.fitted, rtol=CLOSE)
    predictor = fit.coefficients[0] + np.array([[0.1, 2.0, 1.0]]) @ fit.coefficients[1:]
    np.testing.assert_allclose(
        fit.probability(np.array([[0.1, 2.0, 1.0]])), 1 / (1 + np.exp(-predictor)), rtol=CLOSE
    )


def test_the_gradient_is_the_derivative_of_the_fitted_probabilities() -> None:
    """Central differences by each coefficient of the basis."""
    fit, step = draw(15).fit, 1e-6
    for place in range(len(fit.theta)):
        moved = np.eye(len(fit.theta))[place] * step
        up, down = (1 / (1 + np.exp(-fit.basis @ (fit.theta + sign * moved))) for sign in (1, -1))
        np.testing.assert_allclose(fit.gradient[:, place], (up - down) / (2 * step), atol=1e-9)


def test_the_mean_of_the_fitted_probabilities_is_the_share_treated() -> None:
    """The score of the intercept is 0."""
    sample = draw(16)
    assert sample.fit.fitted.mean() == pytest.approx(sample.treated.mean(), rel=CLOSE)


def test_aliased_columns_have_no_coefficient() -> None:
    """A copied column is named, its coefficient is NaN, and the others are as without it."""
    sample = draw(17)
    fit = fit_logistic(np.column_stack([sample.x[:, 0], sample.x]), sample.treated)
    assert fit.aliased == (1,)
    assert np.isnan(fit.coefficients[2])
    assert np.isnan(fit.standard_errors[2])
    np.testing.assert_allclose(np.delete(fit.coefficients, 2), sample.fit.coefficients, rtol=CLOSE)


def test_steps_are_halved_where_newton_alone_diverges() -> None:
    """With few events far out, the full step overshoots; every step here raises the likelihood instead."""
    x = np.concatenate([np.zeros(200), [1.0, 2.0, 30.0, 40.0]])[:, None]
    y = np.concatenate([np.arange(200) % 40 == 0, [True, False, True, False]])
    fit = fit_logistic(x, y)
    assert fit.converged
    assert not fit.separated
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = by_statsmodels(x / 40, y)
    assert fit.log_likelihood >= theirs.llf - 1e-9


def assert_separated(fit: LogisticFit) -> None:
    """Fail unless the fit says that it is separated, on two grounds at least."""
    assert fit.separated
    assert fit.predicted > 0
    assert fit.largest_standard_error > logistic.SEPARATION_STANDARD_ERROR


def test_perfect_separation_is_found() -> None:
    """A covariate that tells the arms apart without error predicts everybody."""
    x = np.linspace(-1, 1, 40)[:, None]
    fit = fit_logistic(x, x[:, 0] > 0)
    assert_separated(fit)
    assert fit.predicted >= 2


def test_quasi_separation_is_found_although_newton_converges() -> None:
    """Six subjects with a rare feature, all treated: the likelihood rises for ever, slowly."""
    sample = draw(18)
    rare = np.zeros(240)
    rare[np.flatnonzero(sample.treated)[:6]] = 1.0
    fit = fit_logistic(np.column_stack([sample.x, rare]), sample.treated)
    assert fit.converged
    assert_separated(fit)
    assert fit.predicted == 6
    assert fit.extreme == 6


@settings(max_examples=25)
@given(seed=seeds)
def test_separation_is_found_exactly_where_linear_programming_finds_it(seed: int) -> None:
    """On small samples with indicators, the evidence agrees with the definition of separation."""
    chance = np.random.Generator(np.random.PCG64(seed))
    x = np.column_stack([chance.random(14) < 0.3, chance.random(14) < 0.5]).astype(float)
    y = chance.random(14) < 0.5
    y[:2] = True, False
    fit = fit_logistic(x, y)
    kept = [place for place in range(2) if place not in fit.aliased]
    assert (fit.predicted > 0) == complete(x[:, kept], y)
    assert fit.separated == (fit.predicted > 0)


def test_scores_next_to_zero_are_flagged_without_separation() -> None:
    """One far outlier among thousands has a score as good as 0, though the maximum exists."""
    chance = np.random.Generator(np.random.PCG64(19))
    x = np.append(chance.normal(size=400), -60.0)[:, None]
    y = np.append(chance.random(400) < 1 / (1 + np.exp(-2 * x[:400, 0])), False)
    fit = fit_logistic(x, y)
    assert fit.extreme == 1
    assert fit.separated
    assert fit.predicted == 0


def test_a_fit_cut_short_does_not_claim_convergence(monkeypatch: pytest.MonkeyPatch) -> None:
    """After two steps the score is not 0, and the fit says so."""
    monkeypatch.setattr(logistic, "MAX_ITERATIONS", 2)
    fit = draw(20).fit
    assert fit.iterations == 2
    assert not fit.converged
    assert fit.score > logistic.SCORE_TOLERANCE


def test_a_fit_without_a_way_up_does_not_claim_convergence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no step raises the likelihood the search ends at once, unconverged."""
    monkeypatch.setattr(logistic, "MAX_HALVINGS", 0)
    fit = draw(20).fit
    assert fit.iterations == 1
    assert not fit.converged


def test_a_direction_downhill_is_refused() -> None:
    """The line search stays where it is when every step along the direction lowers the likelihood."""
    sample = draw(21)
    fit = sample.fit
    sign, even = np.where(sample.treated, 1.0, -1.0), np.ones(240)
    start = fit.theta + np.array([1.0, 0.0, 0.0, 0.0])
    value = logistic._log_likelihood(fit.basis @ start, sign, even)
    away = np.array([1e6, 0.0, 0.0, 0.0])
    moved, theta, reached = logistic._uphill(fit.basis, sign, even, start, away, value)
    assert not moved
    np.testing.assert_array_equal(theta, start)
    assert reached == value


@pytest.mark.parametrize("only", [True, False])
def test_one_arm_only_is_refused(only: bool) -> None:
    """Without both outcomes there is nothing to fit."""
    with pytest.raises(EstimationError, match="one outcome only"):
        fit_logistic(draw(22).x, np.full(240, only))


def test_an_outcome_without_weight_is_not_there() -> None:
    """Weights of 0 on a whole arm leave one outcome only."""
    sample = draw(23)
    with pytest.raises(EstimationError, match="one outcome only"):
        fit_logistic(sample.x, sample.treated, sample.treated.astype(float))


def test_too_few_subjects_are_refused() -> None:
    """As many parameters as subjects, or subjects with weight, cannot be estimated."""
    x, y = draw(24).x[:4], np.array([True, False, True, False])
    with pytest.raises(EstimationError, match="4 subjects cannot carry 4 parameters"):
        fit_logistic(x, y)


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_a_weight_that_is_none_is_refused(weight: float) -> None:
    """Weights are finite and not negative."""
    sample, weights = draw(25), np.ones(240)
    weights[7] = weight
    with pytest.raises(EstimationError, match="weights hold"):
        fit_logistic(sample.x, sample.treated, weights)
