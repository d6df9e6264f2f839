"""The normal distribution of the systematic error: its maximum by another route, its invariances, what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import norm

from medicore.errors import EstimationError
from medicore.stats.calibration.error_distribution import (
    LEAST_CONTROLS,
    fit_error_distribution,
    log_likelihood,
)
from tests.stats.calibration.drawn_controls import drawn

Vector = NDArray[np.float64]

SAME = 1e-7
"""Two ways to one number."""


@pytest.mark.parametrize("seed", range(8))
def test_the_fit_is_the_maximum_that_a_general_search_finds(seed: int) -> None:
    """Nelder and Mead's search of mean and deviation together, over densities of scipy, ends at the same place."""
    y, s = drawn(seed, deviation=0.05 if seed % 2 else 0.4)

    def deviance(where: Vector) -> float:
        return float(-norm.logpdf(y, where[0], np.hypot(s, where[1])).sum())

    ends = [
        minimize(
            deviance,
            (0.0, start),
            method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000},
        )
        for start in (0.01, 0.2, 1.0)
    ]
    best = min(ends, key=lambda end: end.fun)
    found = fit_error_distribution(y, s)
    assert found.mean == pytest.approx(best.x[0], abs=1e-5)
    assert found.deviation == pytest.approx(abs(best.x[1]), abs=2e-4 if found.deviation < 1e-3 else 1e-5)
    assert deviance(np.array([found.mean, found.deviation])) <= best.fun + 1e-9


def test_the_likelihood_is_that_of_the_normal_distribution() -> None:
    """Up to its constant it is the sum of scipy's log densities."""
    y, s = drawn(1)
    means, deviations = np.array([0.0, 0.3]), np.array([0.1, 0.5])
    expected = [norm.logpdf(y, m, np.hypot(s, d)).sum() for m, d in zip(means, deviations, strict=True)]
    constant = len(y) * 0.5 * np.log(2 * np.pi)
    found = log_likelihood(y, s**2, means, deviations)
    assert found - constant == pytest.approx(expected, abs=SAME)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(-3, 3), st.floats(0.1, 10))
def test_the_fit_moves_and_stretches_with_the_controls(seed: int, shift: float, scale: float) -> None:
    """Another origin moves the mean alone, another unit stretches both, and the order of the controls is nothing."""
    y, s = drawn(seed)
    found = fit_error_distribution(y, s)
    moved = fit_error_distribution(scale * (y[::-1] + shift), scale * s[::-1])
    assert moved.mean == pytest.approx(scale * (found.mean + shift), abs=scale * SAME)
    assert moved.deviation == pytest.approx(scale * found.deviation, abs=scale * SAME)


def test_controls_that_vary_by_chance_alone_have_no_spread() -> None:
    """Where the estimates lie nearer together than their errors allow, τ is 0 and μ the weighted mean."""
    y, s = np.linspace(0.1, 0.2, 12), np.linspace(0.3, 0.6, 12)
    found = fit_error_distribution(y, s)
    assert found.deviation == 0
    assert found.mean == pytest.approx(np.average(y, weights=1 / s**2), abs=SAME)
    same = fit_error_distribution(np.full(12, 0.25), s)
    assert same.deviation == 0
    assert same.mean == pytest.approx(0.25, abs=SAME)


def test_of_two_maxima_the_higher_one_is_taken() -> None:
    """Exact controls in two groups beside vague ones give a likelihood with a second maximum; the fit is the best point of a fine grid."""
    y = np.array([-0.01, 0.01, 0.0, 0.02, -0.02, 1.0, 1.01, 0.99, 1.02, 3.0])
    s = np.array([0.02] * 5 + [0.3] * 4 + [1.5])
    grid = np.linspace(0, 3, 6001)
    means = np.array([np.average(y, weights=1 / (s**2 + d**2)) for d in grid])
    best = int(np.argmax(log_likelihood(y, s**2, means, grid)))
    found = fit_error_distribution(y, s)
    assert found.deviation == pytest.approx(grid[best], abs=6e-4)


def test_exact_controls_have_their_own_spread() -> None:
    """With standard errors near 0 the fit is mean and standard deviation (ddof 0) of the estimates, which is the largest it can be."""
    y, _ = drawn(3, k=11)
    found = fit_error_distribution(y, np.full(11, 1e-9))
    assert found.mean == pytest.approx(y.mean(), abs=SAME)
    assert found.deviation == pytest.approx(y.std(), abs=SAME)
    halves = np.array([-1.0, 1.0] * 6)
    assert fit_error_distribution(halves, np.full(12, 1e-9)).deviation == pytest.approx(1.0, abs=SAME)


def test_too_few_controls_are_refused() -> None:
    """Nine say too little, ten are enough."""
    y, s = drawn(0, k=LEAST_CONTROLS)
    fit_error_distribution(y, s)
    with pytest.raises(EstimationError, match="9 negative controls can be estimated; expected 10 or more"):
        fit_error_distribution(y[1:], s[1:])


@pytest.mark.parametrize(
    ("place", "value"), [("y", np.nan), ("y", np.inf), ("s", 0.0), ("s", -0.1), ("s", np.nan), ("s", np.inf)]
)
def test_a_control_without_an_estimate_is_refused(place: str, value: float) -> None:
    """A number that is none, and a standard error that is not above 0."""
    y, s = drawn(0)
    (y if place == "y" else s)[4] = value
    with pytest.raises(EstimationError, match="no finite estimate with a positive standard error"):
        fit_error_distribution(y, s)
