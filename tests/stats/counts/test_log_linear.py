"""Log-linear models of counts are those of statsmodels, and say where they have no maximum."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.counts import log_linear as module
from medicore.stats.counts.log_linear import fit_log_linear
from tests.stats.counts.counted import counted

Vector = NDArray[np.float64]
seeds = st.integers(min_value=0, max_value=2**31)
EXACT = 1e-9


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_the_fit_is_that_of_statsmodels(seed: int) -> None:
    """Coefficients, model errors, robust errors and rates with an offset are those of a Poisson GLM."""
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    data = counted(seed, n=120)
    columns = np.column_stack([np.ones(120), data.x])
    other = GLM(data.count, columns, family=Poisson(), exposure=data.time)
    plain = other.fit(tol=1e-13, maxiter=100)
    found = fit_log_linear(data.x, data.count, data.time)
    assert found.coefficients == pytest.approx(plain.params, abs=EXACT)
    assert found.standard_errors == pytest.approx(plain.bse, rel=1e-7)
    robust = other.fit(tol=1e-13, maxiter=100, cov_type="HC0")
    assert found.robust_errors == pytest.approx(robust.bse, rel=1e-7)
    assert found.rate(data.x) == pytest.approx(np.exp(columns @ plain.params), rel=1e-8)
    assert found.converged
    assert not found.separated


def test_another_unit_of_exposure_moves_the_intercept_alone() -> None:
    """Exposures in months lower the intercept by log 12 and leave everything else."""
    data = counted(1)
    years = fit_log_linear(data.x, data.count, data.time)
    months = fit_log_linear(data.x, data.count, 12 * data.time)
    moved = years.coefficients - np.array([np.log(12), 0, 0])
    assert months.coefficients == pytest.approx(moved, abs=EXACT)
    assert months.robust_errors == pytest.approx(years.robust_errors, rel=1e-8)


def test_aliased_columns_are_left_out() -> None:
    """A column that is another one twice has no coefficient and no error, and the others are as without it."""
    data = counted(2)
    doubled = fit_log_linear(np.column_stack([data.x, 2 * data.x[:, :1]]), data.count, data.time)
    alone = fit_log_linear(data.x, data.count, data.time)
    assert doubled.aliased == (2,)
    assert doubled.coefficients[:3] == pytest.approx(alone.coefficients, abs=EXACT)
    assert doubled.robust_errors[:3] == pytest.approx(alone.robust_errors, rel=1e-8)
    assert np.isnan([doubled.coefficients[3], doubled.standard_errors[3], doubled.robust_errors[3]]).all()


def test_a_level_without_an_event_separates() -> None:
    """The likelihood rises without end where a level has no event, and the fit says so."""
    data = counted(3, n=80)
    level = np.zeros(80)
    level[:6] = 1.0
    count = np.where(level == 1, 0.0, data.count)
    assert fit_log_linear(np.column_stack([data.x, level]), count, data.time).separated


def test_a_search_that_cannot_rise_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a step that raises the likelihood the fit is told to have not converged."""
    data = counted(4, n=80)
    with monkeypatch.context() as one:
        one.setattr(module, "MAX_HALVINGS", 0)
        assert not fit_log_linear(data.x, data.count, data.time).converged
    monkeypatch.setattr(module, "MAX_ITERATIONS", 1)
    assert not fit_log_linear(data.x, data.count, data.time).converged


def test_a_step_that_goes_too_far_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the mean rate, a step to a few subjects with most of the events would lower the likelihood; it still ends at the maximum."""
    position = np.linspace(0, 1, 60) ** 30
    count = np.round(np.exp(6 * position + 2))
    tried: list[float] = []
    likelihood = module._log_likelihood

    def told(predictor: Vector, *arrays: Vector) -> float:
        tried.append(likelihood(predictor, *arrays))
        return tried[-1]

    monkeypatch.setattr(module, "_log_likelihood", told)
    found = fit_log_linear(position[:, None], count, np.ones(60))
    assert found.converged
    assert any(later < earlier - 1 for earlier, later in pairwise(tried))
    assert (position * (count - found.rate(position[:, None]))).sum() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda y, t: (-y, t), "a count is negative"),
        (lambda y, t: (y * np.nan, t), "a count is negative or no finite number"),
        (lambda y, t: (y, t * 0), "an exposure is 0"),
        (lambda y, t: (y * 0, t), "found no event"),
    ],
)
def test_what_is_no_count_or_exposure_is_refused(change, words: str) -> None:  # noqa: ANN001 -- a function of two arrays
    """Counts below 0, exposures of 0 and a sample without an event are named."""
    data = counted(5, n=40)
    with pytest.raises(EstimationError, match=words):
        fit_log_linear(data.x, *change(data.count, data.time))


def test_fewer_subjects_than_parameters_are_refused() -> None:
    """Three subjects cannot carry three parameters."""
    data = counted(6, n=40)
    with pytest.raises(EstimationError, match="3 subjects cannot carry 3 parameters"):
        fit_log_linear(data.x[:3], np.array([1.0, 2.0, 0.0]), data.time[:3])
