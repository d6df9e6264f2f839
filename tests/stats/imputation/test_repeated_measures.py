"""The model of repeated outcomes: its restricted likelihood is at its maximum, whatever is missing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.imputation import repeated_measures
from medicore.stats.imputation.repeated_measures import RepeatedFit, fit_repeated

Vector = NDArray[np.float64]
EXACT = 1e-9
FLAT = 2e-4
"""Largest slope of the restricted log-likelihood, by numbers, at its maximum."""
seeds = st.integers(0, 2**31)


def profiles(seed: int, n: int = 60, visits: int = 3, share: float = 0.25) -> tuple[Vector, Vector]:
    """Return predictors (1, arm, baseline) and outcomes, of which ``share`` are missing, a few after dropout."""
    chance = np.random.Generator(np.random.PCG64(seed))
    z = np.column_stack([np.ones(n), np.arange(n) % 2, chance.normal(size=n)])
    spread = np.linalg.cholesky(0.6 * np.eye(visits) + 0.4)
    outcome = z @ chance.normal(size=(3, visits)) + chance.normal(size=(n, visits)) @ spread.T
    gone = chance.random((n, visits)) < share
    gone[: n // 8, -1] = True
    return z, np.where(gone, np.nan, outcome)


def restricted(covariance: Vector, z: Vector, outcome: Vector) -> float:
    """Return the restricted log-likelihood, subject by subject, up to a constant (Patterson & Thompson, 1971)."""
    visits, predictors = len(covariance), z.shape[1]
    information = np.zeros((visits * predictors, visits * predictors))
    score, value = np.zeros(visits * predictors), 0.0
    for row, found in zip(z, outcome, strict=True):
        seen = ~np.isnan(found)
        design = np.kron(np.eye(visits)[seen], row)
        inside = covariance[np.ix_(seen, seen)]
        weight = np.linalg.inv(inside)
        information += design.T @ weight @ design
        score += design.T @ weight @ found[seen]
        value -= (np.linalg.slogdet(inside)[1] + found[seen] @ weight @ found[seen]) / 2
    value += score @ np.linalg.solve(information, score) / 2
    return float(value - np.linalg.slogdet(information)[1] / 2)


def slopes(fit: RepeatedFit, z: Vector, outcome: Vector) -> list[float]:
    """Return the slopes of the restricted log-likelihood along every entry of the covariance's Cholesky factor."""
    factor, step = np.linalg.cholesky(fit.covariance), 1e-4
    found = []
    for row in range(len(factor)):
        for column in range(row + 1):
            ends = []
            for sign in (step, -step):
                moved = factor.copy()
                moved[row, column] += sign
                ends.append(restricted(moved @ moved.T, z, outcome))
            found.append((ends[0] - ends[1]) / (2 * step))
    return found


@settings(max_examples=12)
@given(seeds, st.integers(2, 4))
def test_the_restricted_likelihood_is_flat_at_the_estimate(seed: int, visits: int) -> None:
    """No entry of the covariance can be moved to make the data likelier."""
    z, outcome = profiles(seed, visits=visits)
    assert np.abs(slopes(fit_repeated(z, outcome), z, outcome)).max() < FLAT


def test_complete_data_give_least_squares_and_unbiased_residual_moments() -> None:
    """With nothing missing the coefficients are those of each visit alone, the covariance RᵀR/(n − q)."""
    z, outcome = profiles(1, share=-1.0)
    outcome[np.isnan(outcome)] = 0.5
    found = fit_repeated(z, outcome)
    alone = np.linalg.lstsq(z, outcome, rcond=None)[0]
    rest = outcome - z @ alone
    np.testing.assert_allclose(found.coefficients, alone, atol=EXACT)
    np.testing.assert_allclose(found.covariance, rest.T @ rest / (len(z) - 3), rtol=1e-7)
    np.testing.assert_allclose(found.means(z), z @ alone, atol=EXACT)


@settings(max_examples=10)
@given(seeds)
def test_the_order_of_subjects_and_the_unit_mean_nothing(seed: int) -> None:
    """Permuted subjects give the same model, and an outcome in another unit the same model in that unit."""
    z, outcome = profiles(seed)
    found = fit_repeated(z, outcome)
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(z))
    moved = fit_repeated(z[order], 10 * outcome[order])
    np.testing.assert_allclose(moved.coefficients, 10 * found.coefficients, atol=1e-6)
    np.testing.assert_allclose(moved.covariance, 100 * found.covariance, rtol=1e-6)


def test_a_visit_with_too_few_outcomes_is_refused() -> None:
    """Three predictors need four observed outcomes at every visit."""
    z, outcome = profiles(2)
    few = outcome.copy()
    seen = np.flatnonzero(~np.isnan(few[:, 1]))
    few[seen[3:], 1] = np.nan
    with pytest.raises(EstimationError, match="3 observed outcomes for 3 predictors"):
        fit_repeated(z, few)


def test_a_search_that_does_not_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too few steps are no estimate, and the number of steps is told."""
    z, outcome = profiles(3)
    needed = fit_repeated(z, outcome).steps
    monkeypatch.setattr(repeated_measures, "MOST_STEPS", needed)
    assert fit_repeated(z, outcome).steps == needed
    monkeypatch.setattr(repeated_measures, "MOST_STEPS", needed - 1)
    with pytest.raises(EstimationError, match=f"did not reach its maximum in {needed - 1} steps"):
        fit_repeated(z, outcome)
