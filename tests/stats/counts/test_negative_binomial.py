"""Negative binomial regression is that of statsmodels, and becomes Poisson's where the counts vary no more."""

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.stats.counts import negative_binomial as module
from medicore.stats.counts.log_linear import fit_log_linear
from medicore.stats.counts.negative_binomial import fit_negative_binomial, negative_binomial_rates
from tests.stats.counts.counted import counted


def test_the_fit_is_that_of_statsmodels() -> None:
    """Coefficients and size maximise the same likelihood, with exposures, and the rates are means of its predictions."""
    from statsmodels.discrete.discrete_model import NegativeBinomial

    data = counted(11)
    columns = np.column_stack([np.ones(300), data.treated, data.x]).astype(float)
    plain = NegativeBinomial(data.count, columns, exposure=data.time).fit(
        disp=False, method="newton", maxiter=200, tol=1e-12
    )
    found = fit_negative_binomial(columns[:, 1:], data.count, data.time)
    assert found.converged
    assert found.coefficients == pytest.approx(plain.params[:-1], abs=1e-6)
    assert 1 / found.size == pytest.approx(plain.params[-1], abs=1e-6)
    means = negative_binomial_rates(data.x, data.treated, data.count, data.time)
    for value, arm in ((means.treated, 1.0), (means.control, 0.0)):
        as_if = np.column_stack([np.ones(300), np.full(300, arm), data.x])
        assert value == pytest.approx(np.exp(as_if @ plain.params[:-1]).mean(), rel=1e-6)
    assert (found.robust_errors > found.standard_errors / 2).all()


def test_counts_that_vary_less_than_poisson_have_an_infinite_size() -> None:
    """The fit is then the log-linear one."""
    data = counted(12)
    count = np.round(3 * np.exp(0.2 * data.x[:, 0]) * data.time)
    found, plain = (
        fit_negative_binomial(data.x, count, data.time),
        fit_log_linear(data.x, count, data.time),
    )
    assert found.size == np.inf
    assert found.coefficients == pytest.approx(plain.coefficients, abs=1e-9)
    assert found.standard_errors == pytest.approx(plain.standard_errors, rel=1e-9)


def test_a_fit_without_a_maximum_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A level without an event, or turns that do not end, are told."""
    data = counted(13, n=80)
    level = np.zeros(80)
    level[:6] = 1.0
    with pytest.raises(EstimationError, match="has no maximum"):
        fit_negative_binomial(
            np.column_stack([data.x, level]), np.where(level == 1, 0.0, data.count), data.time
        )
    monkeypatch.setattr(module, "MAX_ITERATIONS", 1)
    with pytest.raises(EstimationError, match="did not converge"):
        fit_negative_binomial(data.x, data.count, data.time)


def test_an_aliased_column_has_no_coefficient() -> None:
    """A column that is another one twice is left out."""
    data = counted(14)
    found = fit_negative_binomial(np.column_stack([data.x, 2 * data.x[:, :1]]), data.count, data.time)
    assert np.isnan(found.coefficients[3])
    assert np.isfinite(found.coefficients[:3]).all()
