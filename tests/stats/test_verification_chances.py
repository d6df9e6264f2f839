"""The chances of drawn outcomes of 0 and 1: a likelihood written out, a simulation of the coefficients, and separation."""

import ast
import inspect

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize, root

from medicore.stats import verification_chances
from medicore.stats.verification_chances import expected_chances

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
CONVERGED = 1e-9
SIMULATED = 100_000
ERRORS = 5.0
"""Standard errors of a simulated mean."""


def study(seed: int, n: int, slope: float = 1.0) -> tuple[Vector, Mask, Mask, Mask]:
    """Return covariates ``(n, 2)``, an outcome of 0 and 1, who donates, and who lacks it."""
    chance = np.random.default_rng(seed)
    x = chance.normal(size=(n, 2)) * (1.0, 20.0) + (0.0, 50.0)
    label = chance.random(n) < 1 / (1 + np.exp(0.5 - slope * x[:, 0]))
    donors = chance.random(n) < 0.8
    return x, label, donors, ~donors


def by_hand(x: Vector, label: Mask, donors: Mask) -> tuple[Vector, Vector, Vector]:
    """Return rows for everybody, the maximum of the likelihood with the added observations, and its information."""
    unit = (x - x[donors].mean(axis=0)) / x[donors].std(axis=0)
    rows = np.column_stack([np.ones(len(x)), unit])
    p = x.shape[1]
    away = np.vstack(
        [np.column_stack([np.ones(p), size * np.eye(p)]) for size in (0.5, -0.5)] if p else [np.empty((0, 1))]
    )
    design = np.vstack([rows[donors], away])
    target = np.concatenate([label[donors].astype(float), np.full(2 * p, label[donors].mean())])
    weights = np.concatenate([np.ones(donors.sum()), np.full(2 * p, (p + 1) / (2 * max(p, 1)))])

    def score(theta: Vector) -> Vector:
        found: Vector = design.T @ (weights * (target - 1 / (1 + np.exp(-design @ theta))))
        return found

    def loss(theta: Vector) -> float:
        eta = design @ theta
        return float(np.sum(weights * (np.logaddexp(0, eta) - target * eta)))

    near = minimize(loss, np.zeros(p + 1), jac=lambda theta: -score(theta), method="BFGS").x
    theta = root(score, near, method="hybr", options={"xtol": 1e-14}).x
    chances = 1 / (1 + np.exp(-design @ theta))
    return rows, theta, design.T @ (design * (weights * chances * (1 - chances))[:, None])


@pytest.mark.parametrize(("seed", "n", "slope"), [(1, 60, 1.0), (2, 400, 0.5), (3, 80, 30.0)])
def test_mean_and_variance_are_those_of_simulated_draws(seed: int, n: int, slope: float) -> None:
    """Coefficients drawn around the maximum give this mean chance; the variance is theirs, or somewhat more, never less."""
    x, label, donors, gaps = study(seed, n, slope)
    rows, theta, information = by_hand(x, label, donors)
    mean, variance = expected_chances(x, label, donors, gaps)
    chance = np.random.default_rng(seed + 10)
    drawn = chance.multivariate_normal(theta, np.linalg.inv(information), size=SIMULATED, method="cholesky")
    means, spreads = np.empty(SIMULATED), np.empty(SIMULATED)
    for first in range(0, SIMULATED, 20_000):
        part = slice(first, first + 20_000)
        chances = 1 / (1 + np.exp(-drawn[part] @ rows[gaps].T))
        means[part], spreads[part] = chances.mean(axis=1), (chances * (1 - chances)).mean(axis=1)
    assert abs(mean - means.mean()) < ERRORS * means.std() / np.sqrt(SIMULATED) + CONVERGED
    simulated = means.var() + spreads.mean() / gaps.sum()
    assert 0.99 * simulated < variance < (2 if slope > 1 else 1.05) * simulated


def test_what_predicts_perfectly_has_finite_chances() -> None:
    """Where a covariate separates 0 from 1 the added observations hold the maximum, and the mean is by hand."""
    x = np.column_stack([np.arange(20.0), np.tile([0.0, 1.0], 10)])
    label, donors = x[:, 0] > 9, np.ones(20, dtype=bool)
    donors[[3, 9, 10, 16]] = False
    mean, variance = expected_chances(x, label, donors, ~donors)
    rows, theta, information = by_hand(x, label, donors)
    centre = rows[~donors] @ theta
    spread = np.sqrt(np.sum(rows[~donors] @ np.linalg.inv(information) * rows[~donors], axis=1))
    steps = np.linspace(-9, 9, 4001)
    density = np.exp(-(steps**2) / 2) / np.sqrt(2 * np.pi)
    integrand = density / (1 + np.exp(-(centre[:, None] + spread[:, None] * steps)))
    # forty nodes are not exact where one predictor is drawn between certainties
    assert mean == pytest.approx(float(np.trapezoid(integrand, steps, axis=1).mean()), abs=1e-4)
    assert 0 < variance < 1


def test_without_covariates_the_chance_is_the_share() -> None:
    """Constant and aliased columns are left out: with neither, the mean is the integral over one intercept."""
    label = np.arange(50) % 5 == 0
    donors = np.arange(50) < 40
    alone = expected_chances(np.empty((50, 0)), label, donors, ~donors)
    error = 1 / np.sqrt(40 * 0.2 * 0.8)
    steps = np.linspace(-9, 9, 4001)
    chances = 1 / (1 + np.exp(-(np.log(0.25) + error * steps)))
    density = np.exp(-(steps**2) / 2) / np.sqrt(2 * np.pi)
    mean = float(np.trapezoid(chances * density, steps))
    spread = float(np.trapezoid(chances * (1 - chances) * density, steps)) / 10
    between = float(np.trapezoid(chances**2 * density, steps)) - mean**2
    assert alone == pytest.approx((mean, spread + between), rel=1e-9)
    assert expected_chances(np.full((50, 1), 3.0), label, donors, ~donors) == pytest.approx(
        alone, rel=CONVERGED
    )
    x, outcome, some, gaps = study(5, 90)
    twice = np.column_stack([x, 2 * x[:, 0] - 1])
    assert expected_chances(twice, outcome, some, gaps) == pytest.approx(
        expected_chances(x, outcome, some, gaps), rel=CONVERGED
    )


def test_a_search_that_does_not_end_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """After one step the score is not 0: mean and variance are NaN, which confirm nothing."""
    monkeypatch.setattr(verification_chances, "MAX_ITERATIONS", 1)
    assert np.isnan(expected_chances(*study(6, 100, 3.0))).all()


def test_nothing_is_shared_with_the_draws() -> None:
    """The module imports numpy, scipy, scikit-learn, the standard library, and the second implementation's own."""
    tree = ast.parse(inspect.getsource(verification_chances))
    imported = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name for name in imported if name.startswith("medicore")} == {
        "medicore.stats.verification_columns",
        "medicore.stats.verification_models",
    }
