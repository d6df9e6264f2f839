"""The mixed model for repeated measures: its likelihood is at its maximum, whatever is missing."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize

from medicore.errors import EstimationError
from medicore.stats.repeated import mixed_model
from medicore.stats.repeated.mixed_model import MixedFit, fit_mixed, maximise
from medicore.stats.repeated.visit_moments import VisitMoments, moments_of
from tests.stats.repeated_samples import by_visit, dense, profiles

Vector = NDArray[np.float64]
EXACT = 1e-7
seeds = st.integers(0, 2**31)


def searched(design: Vector, outcome: Vector, *, restricted: bool) -> tuple[float, Vector]:
    """Return the maximum and its covariance by SciPy's simplex and BFGS over standard deviations and partial correlations."""
    visits = outcome.shape[1]
    rows, columns = np.tril_indices(visits, -1)

    def covariance(values: Vector) -> Vector:
        root = np.eye(visits)
        root[rows, columns] = values[visits:]
        root /= np.linalg.norm(root, axis=1, keepdims=True)
        scale = np.exp(values[:visits])
        made: Vector = root @ root.T * np.outer(scale, scale)
        return made

    def lost(values: Vector) -> Any:
        return -dense(covariance(values), design, outcome, restricted=restricted)

    start = np.concatenate([np.log(np.nanstd(outcome, axis=0)), np.zeros(len(rows))])
    rough = minimize(lost, start, method="BFGS", options={"gtol": 1e-6})
    best = minimize(lost, rough.x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11})
    return -float(best.fun), covariance(best.x)


@pytest.mark.parametrize("restricted", [True, False])
def test_another_search_over_other_parameters_finds_the_same_maximum(restricted: bool) -> None:
    """SciPy's search over standard deviations and correlations of the dense likelihood ends at the same model."""
    data = profiles(7, n=36)
    found = fit_mixed(data.design, data.outcome, restricted=restricted)
    value, covariance = searched(data.design, data.outcome, restricted=restricted)
    assert found.likelihood.value == pytest.approx(value, abs=1e-8)
    assert found.likelihood.value >= value - 1e-9
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-4)


@settings(max_examples=12)
@given(seeds, st.integers(2, 5))
def test_the_likelihood_is_flat_at_the_estimate(seed: int, visits: int) -> None:
    """No element of the covariance can be moved to make the data likelier, and the curvature says that it is a maximum."""
    data = profiles(seed, visits=visits)
    found = fit_mixed(data.design, data.outcome)
    assert np.abs(found.likelihood.gradient).max() < 1e-5
    assert np.linalg.eigvalsh(found.likelihood.observed)[0] > 0


def test_complete_data_give_least_squares_and_unbiased_residual_moments() -> None:
    """With nothing missing and every predictor at every visit, coefficients are those of each visit, the covariance RᵀR/(n − q)."""
    data = profiles(1, share=0.0)
    z = np.column_stack([np.ones(60), data.treated, data.baseline])
    found = fit_mixed(by_visit(z, 3), data.outcome)
    alone = np.linalg.lstsq(z, data.outcome, rcond=None)[0]
    rest = data.outcome - z @ alone
    np.testing.assert_allclose(found.coefficients.reshape(3, 3), alone, atol=EXACT)
    np.testing.assert_allclose(found.covariance, rest.T @ rest / (60 - 3), rtol=EXACT)
    np.testing.assert_allclose(found.means(by_visit(z, 3)), z @ alone, atol=EXACT)
    full = fit_mixed(by_visit(z, 3), data.outcome, restricted=False)
    np.testing.assert_allclose(full.covariance, rest.T @ rest / 60, rtol=EXACT)


@settings(max_examples=10)
@given(seeds)
def test_order_unit_and_start_mean_nothing(seed: int) -> None:
    """Permuted subjects, another unit and another start give the same model; subjects who were never seen change nothing."""
    data = profiles(seed)
    found = fit_mixed(data.design, data.outcome)
    order = np.random.Generator(np.random.PCG64(seed)).permutation(60)
    moved = fit_mixed(data.design[order], 10 * data.outcome[order], start=4000 * np.eye(3))
    np.testing.assert_allclose(moved.coefficients, 10 * found.coefficients, atol=1e-5)
    np.testing.assert_allclose(moved.covariance, 100 * found.covariance, rtol=1e-5)
    more = fit_mixed(
        np.concatenate([data.design, data.design[:4]]),
        np.concatenate([data.outcome, np.full((4, 3), np.nan)]),
    )
    assert more.subjects == found.subjects
    np.testing.assert_allclose(more.covariance, found.covariance, rtol=1e-9)


def test_a_constant_visit_and_one_that_follows_from_others_are_refused() -> None:
    """A visit without variation, and a visit that is the sum of others, have no covariance of their own."""
    data = profiles(2, share=0.0)
    still = data.outcome.copy()
    still[:, 1] = 3.0
    with pytest.raises(EstimationError, match="one and the same outcome"):
        fit_mixed(data.design, still)
    summed = data.outcome.copy()
    summed[:, 2] = summed[:, 0] + summed[:, 1]
    with pytest.raises(EstimationError, match="follows from those of other visits almost without error"):
        fit_mixed(data.design, summed)


@pytest.mark.parametrize(("bound", "value"), [("MOST_STEPS", 1), ("HALVINGS", 0)])
def test_a_search_that_does_not_end_is_an_error(
    bound: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too few steps, or steps that never improve, are no estimate."""
    data = profiles(3)
    fit: MixedFit = fit_mixed(data.design, data.outcome)
    assert fit.steps > 1
    monkeypatch.setattr(mixed_model, bound, value)
    with pytest.raises(EstimationError, match="did not reach its maximum"):
        fit_mixed(data.design, data.outcome)


def test_a_matrix_without_inverse_is_no_estimate() -> None:
    """Moments of a predictor that is 0 everywhere, as they are after subjects were left out, have no maximum."""
    data = profiles(4)
    empty = []
    for one in moments_of(data.design, data.outcome):
        products = one.products.copy()
        products[:, :, 6, :] = products[:, :, :, 6] = 0.0
        empty.append(VisitMoments(one.visits, one.n, products))
    with pytest.raises(EstimationError, match="did not reach its maximum"):
        maximise(tuple(empty), np.eye(3))
