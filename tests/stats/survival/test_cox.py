"""Cox's model maximises the partial likelihood, weighted or not, with both methods for ties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.survival.cox import Ties, fit_cox
from tests.stats.survival.followed import Followed, follow

seeds = st.integers(min_value=0, max_value=2**31)
TIES: tuple[Ties, ...] = ("efron", "breslow")


def _x(data: Followed) -> np.ndarray:
    return np.column_stack([data.treated, data.x]).astype(float)


@pytest.mark.parametrize("ties", TIES)
@settings(max_examples=25)
@given(seed=seeds)
def test_statsmodels_gives_the_same_fit(ties: Ties, seed: int) -> None:
    """Coefficients, errors and likelihood of an independent implementation agree, with ties and without."""
    from statsmodels.duration.hazard_regression import PHReg

    data = follow(seed % 1000).rounded(seed % 3)
    theirs = PHReg(data.time, _x(data), status=data.event.astype(int), ties=ties).fit(disp=False)
    fit = fit_cox(_x(data), data.time, data.event, ties=ties)
    assert fit.converged
    assert not fit.separated
    assert fit.coefficients == pytest.approx(theirs.params, abs=1e-6)
    assert fit.standard_errors == pytest.approx(theirs.bse, rel=1e-5)
    assert fit.log_likelihood == pytest.approx(theirs.llf, rel=1e-9)


@pytest.mark.parametrize("ties", TIES)
def test_the_influence_is_the_derivative_by_a_subjects_weight(ties: Ties) -> None:
    """Central differences of the weighted fit give each subject's influence, so that the variance is the sandwich's."""
    data, step = follow(11, n=50).rounded(1), 1e-4
    base = data.weights
    fit = fit_cox(_x(data), data.time, data.event, base, ties=ties)
    for row in range(0, 50, 7):
        ends = []
        for sign in (1, -1):
            weights = base.copy()
            weights[row] += sign * step
            ends.append(fit_cox(_x(data), data.time, data.event, weights, ties=ties).coefficients)
        slope = base[row] * (ends[0] - ends[1]) / (2 * step)
        assert fit.influence[row] / 50 / fit.design.scales == pytest.approx(slope, abs=1e-6)
    rows = fit.influence / 50 / fit.design.scales
    assert fit.robust_errors == pytest.approx(np.sqrt((rows**2).sum(axis=0)), rel=1e-12)


def test_a_weight_counts_as_so_many_subjects_by_breslows_method() -> None:
    """Whole weights give the fit of the sample in which the subjects are repeated."""
    data = follow(2, n=60)
    weights = np.arange(60) % 3
    rows = np.repeat(np.arange(60), weights)
    one = fit_cox(_x(data), data.time, data.event, weights.astype(float), ties="breslow")
    other = fit_cox(_x(data)[rows], data.time[rows], data.event[rows], ties="breslow")
    assert one.coefficients == pytest.approx(other.coefficients, abs=1e-8)
    assert one.standard_errors == pytest.approx(other.standard_errors, rel=1e-8)


@settings(max_examples=25)
@given(seeds)
def test_only_the_order_of_times_matters(seed: int) -> None:
    """A rising transformation of time leaves the fit as it is."""
    data = follow(seed % 1000)
    one = fit_cox(_x(data), data.time, data.event)
    other = fit_cox(_x(data), data.time**3, data.event)
    assert one.coefficients == pytest.approx(other.coefficients, abs=1e-9)


def test_a_covariate_that_orders_the_events_perfectly_is_reported_as_separated() -> None:
    """Where the likelihood rises without end, the fit says so."""
    time = np.arange(1.0, 13.0)
    fit = fit_cox(-time[:, None], time, np.ones(12, dtype=bool))
    assert fit.separated


def test_a_level_without_event_is_reported_as_separated() -> None:
    """A category in which nobody has the event has no finite coefficient."""
    data = follow(4, n=60)
    level = np.zeros(60)
    level[np.flatnonzero(~data.event)[:6]] = 1.0
    assert fit_cox(level[:, None], data.time, data.event).separated


def test_an_aliased_column_has_no_coefficient() -> None:
    """A column that follows from the others is left out, and the others are as without it."""
    data = follow(6)
    x = np.column_stack([data.x, data.x.sum(axis=1)])
    fit = fit_cox(x, data.time, data.event)
    assert np.isnan(fit.coefficients[-1])
    assert np.isnan(fit.robust_errors[-1])
    assert fit.coefficients[:-1] == pytest.approx(
        fit_cox(data.x, data.time, data.event).coefficients, abs=1e-9
    )


def test_a_model_without_columns_is_the_baseline_alone() -> None:
    """The likelihood is that of equal hazards, and everybody has the relative hazard 1."""
    data = follow(6)
    fit = fit_cox(data.x[:, :0], data.time, data.event)
    at_risk = [int((data.time >= time).sum()) for time in data.time[data.event]]
    assert fit.log_likelihood == pytest.approx(-np.log(at_risk).sum())
    assert fit.relative_hazard(data.x[:, :0]).tolist() == [1.0] * len(data.time)
    assert fit.converged
    assert not fit.separated


def test_a_sample_without_event_is_refused() -> None:
    """Nothing can be estimated of a hazard that nothing shows."""
    data = follow(6)
    with pytest.raises(EstimationError, match="no event"):
        fit_cox(data.x, data.time, np.zeros(len(data.time), dtype=bool))
