"""What a logistic fit says of itself: its search, its score, and the standard errors that warn of separation."""

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.stats.models import logistic
from medicore.stats.models.logistic import SEPARATION_STANDARD_ERROR, fit_logistic
from tests.stats.samples import draw


@pytest.mark.parametrize("weight", [0.5, 1.0, 3.0])
def test_the_search_starts_at_the_log_odds_of_the_weighted_share(weight: float) -> None:
    """Where the covariate tells nothing, the start is the maximum and one step proves it."""
    x = np.repeat([0.0, 1.0], 8)[:, None]
    y = np.tile([True, False, False, False], 4)
    fit = fit_logistic(x, y, np.where(y, weight, 1.0))
    assert fit.iterations == 1
    assert fit.converged
    np.testing.assert_allclose(fit.theta, [np.log(weight / 3), 0], atol=1e-12)


def test_the_unit_of_the_weights_changes_nothing_but_the_errors() -> None:
    """Weights a thousand times larger or smaller, below 1 in all, lead the same way to the same coefficients."""
    sample = draw(26)
    fit = sample.fit
    for unit in (1e-3, 1e3):
        scaled = fit_logistic(sample.x, sample.treated, np.full(240, unit))
        assert scaled.iterations == fit.iterations
        np.testing.assert_allclose(scaled.coefficients, fit.coefficients, rtol=1e-8)
        np.testing.assert_allclose(scaled.standard_errors, fit.standard_errors / np.sqrt(unit), rtol=1e-8)


@pytest.mark.parametrize("turned", [False, True])
def test_the_score_is_the_largest_in_size(turned: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one step, whichever sign the largest component has; nobody is then called separated for it."""
    monkeypatch.setattr(logistic, "MAX_ITERATIONS", 1)
    sample = draw(27)
    y = ~sample.treated if turned else sample.treated
    fit = fit_logistic(sample.x, y)
    mean_score = fit.basis.T @ (y - fit.fitted) / 240
    assert fit.score == pytest.approx(np.abs(mean_score).max(), rel=1e-12)
    assert not fit.converged
    assert fit.predicted == 0
    assert not fit.separated


def test_the_largest_standard_error_is_that_of_a_standardised_column() -> None:
    """The given column's times its standard deviation; the intercept's, larger here, does not count."""
    x = draw(28).x[:, :2] * np.array([1.0, 30.0])
    y = np.arange(240) % 60 == 0
    fit = fit_logistic(x, y)
    assert fit.largest_standard_error == pytest.approx(
        (fit.standard_errors[1:] * x.std(axis=0)).max(), rel=1e-9
    )
    assert fit.largest_standard_error < np.sqrt(fit.covariance[0, 0])


def test_without_covariates_no_standard_error_is_large() -> None:
    """A constant column is aliased; the fit is the share, and nothing warns of separation."""
    y = np.arange(40) % 4 == 0
    fit = fit_logistic(np.ones((40, 1)), y)
    assert fit.largest_standard_error == 0
    assert not fit.separated
    np.testing.assert_allclose(fit.fitted, 0.25, rtol=1e-12)


@pytest.mark.parametrize(("share", "separated"), [(0.99, False), (1.01, True)])
def test_separation_is_suspected_above_the_named_standard_error(share: float, separated: bool) -> None:
    """Standard errors go with one over the root of the weights: just below 50 all is well, just above it is not."""
    sample = draw(29)
    wanted = share * SEPARATION_STANDARD_ERROR
    unit = (sample.fit.largest_standard_error / wanted) ** 2
    fit = fit_logistic(sample.x, sample.treated, np.full(240, unit))
    assert fit.largest_standard_error == pytest.approx(50 * share, rel=1e-8)
    assert fit.separated == separated


def test_subjects_without_weight_do_not_count() -> None:
    """Of six subjects two have weight 0: the rest cannot carry four parameters."""
    sample = draw(30)
    y = np.array([True, False, True, False, True, False])
    with pytest.raises(EstimationError, match="4 subjects cannot carry 4 parameters"):
        fit_logistic(sample.x[:6], y, np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0]))


def test_a_singular_information_has_its_pseudo_inverse() -> None:
    """With a column twice, nothing is known of the difference of their coefficients, and no variance explodes."""
    column = np.linspace(-1, 1, 12)
    basis = np.column_stack([np.ones(12), column, column])
    found = logistic._covariance(basis, np.full(12, 0.5), np.ones(12))
    half = 1 / (column @ column)
    expected = np.array([[1 / 3, 0, 0], [0, half, half], [0, half, half]])
    np.testing.assert_allclose(found, expected, atol=1e-12)
