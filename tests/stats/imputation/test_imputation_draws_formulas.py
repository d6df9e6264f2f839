"""Predictive draws: their formulas spelt out on the same random numbers, and the likelihood of several levels."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import root

from medicore.stats.imputation import imputation_draws
from medicore.stats.imputation.imputation_draws import draw_levels, draw_normal

Vector = NDArray[np.float64]

ROUNDING = 1e-12
"""Relative, of the same algebra in another order."""
DIFFERENCE = 1e-6
"""Absolute, of a central difference with steps of 1e-5 from its derivative, of the order of 10."""
LARGE = np.array([[1000.0, 0.0], [0.0, -1000.0], [999.0, 0.0]])
"""Coefficients whose odds no floating-point number holds."""


def seeded(seed: int) -> np.random.Generator:
    """Return a stream."""
    return np.random.Generator(np.random.PCG64(seed))


def predictors(chance: np.random.Generator, n: int) -> Vector:
    """Return the intercept, an age and a temperature: predictors far from 0."""
    return np.vstack([np.ones(n), chance.normal(60, 9, size=n), chance.normal(37, 0.6, size=n)])


def log_shares(theta: Vector, rows: Vector) -> Vector:
    """Return logarithms of the levels' probabilities, ``(n, L)``, for ``(n, q)`` rows."""
    linear = np.column_stack([np.zeros(len(rows)), rows @ theta.reshape(-1, rows.shape[1]).T])
    logarithms: Vector = linear - np.logaddexp.reduce(linear, axis=1, keepdims=True)
    return logarithms


def test_normal_draws_are_the_algorithm_of_the_textbook() -> None:
    """Rubin's steps 1 to 4 with Cholesky's root, on the same random numbers: variance, coefficients, then values."""
    chance = seeded(1)
    x, new = predictors(chance, 25), predictors(chance, 6)
    y = x[1] / 10 + chance.normal(size=25)
    drawn = draw_normal(x, y, new, seeded(2))
    stream = seeded(2)
    estimate, rss, *_ = np.linalg.lstsq(x.T, y, rcond=None)
    deviation = np.sqrt(rss[0] / stream.chisquare(25 - 3))
    factor = np.linalg.cholesky(x @ x.T)
    theta = estimate + deviation * np.linalg.solve(factor.T, stream.standard_normal(3))
    assert drawn == pytest.approx(new.T @ theta + deviation * stream.standard_normal(6), rel=1e-9)


@pytest.mark.parametrize("levels", [2, 3])
def test_level_draws_are_the_model_spelt_out(levels: int) -> None:
    """A general solver's root of the score, the information's factor there, and the levels' limits, on the same numbers."""
    chance = seeded(3)
    x, new = predictors(chance, 40), predictors(chance, 4000)
    rare = np.quantile(x[1], [0.7, 0.85][: levels - 1])
    codes = np.digitize(x[1] + chance.normal(0, 9, size=40), rare)
    drawn = draw_levels(x, codes, new, seeded(4))

    means, scales = x[1:].mean(axis=1), x[1:].std(axis=1)
    added = np.array([[1, 0.5, 0], [1, -0.5, 0], [1, 0, 0.5], [1, 0, -0.5]])
    rows = np.vstack([np.column_stack([np.ones(40), (x[1:].T - means) / scales]), *[added] * levels])
    marks = np.concatenate([codes, np.repeat(np.arange(levels), 4)])
    shares = np.bincount(codes) / 40
    weights = np.concatenate([np.ones(40), np.repeat(3 / 4 * shares, 4)])
    own = marks[:, None] == np.arange(levels)

    def score(theta: Vector) -> Vector:
        apart = weights[:, None] * (own - np.exp(log_shares(theta, rows)))
        slopes: Vector = (apart[:, 1:].T @ rows).ravel()
        return slopes

    def hessian(theta: Vector) -> Vector:
        share = np.exp(log_shares(theta, rows))[:, 1:]
        blocks = np.eye(levels - 1) * share[:, :, None] - share[:, :, None] * share[:, None, :]
        matrix: Vector = np.einsum("n,nab,ni,nj->aibj", weights, blocks, rows, rows)
        return -matrix.reshape(len(theta), len(theta))

    maximum = root(score, np.zeros((levels - 1) * 3), jac=hessian, tol=1e-13).x
    stream = seeded(4)
    factor = np.linalg.cholesky(-hessian(maximum))
    theta = maximum + np.linalg.solve(factor.T, stream.standard_normal(len(factor)))
    points = np.column_stack([np.ones(4000), (new[1:].T - means) / scales])
    limits = np.cumsum(np.exp(log_shares(theta, points)), axis=1)[:, :-1]
    expected = (stream.random(4000)[:, None] >= limits).sum(axis=1)
    assert np.bincount(expected).min() > 50
    assert drawn.tolist() == expected.tolist()


def test_shares_of_levels_by_hand() -> None:
    """Odds of 1, e and 2 make shares of 1, e and 2 over their sum."""
    found = imputation_draws._shares(np.array([[0.0, 1.0], [np.log(2), 0.0]]), np.array([[1.0], [1.0]]))
    assert found[:, 0] == pytest.approx(np.array([1, np.e, 2]) / (3 + np.e), rel=ROUNDING)


def test_shares_of_levels_with_odds_beyond_all_numbers() -> None:
    """Log odds of ±1,000 neither overflow nor divide 0 by 0: what is left is the logistic of their difference."""
    far, near = 1 / (1 + np.e), np.e / (1 + np.e)
    found = imputation_draws._shares(LARGE, np.array([[1.0, -1.0, 0.0], [0.0, 0.0, 1.0]]))
    assert found[:, 0] == pytest.approx([0, near, 0, far], rel=ROUNDING)
    assert found[:, 1] == pytest.approx([0.5, 0, 0.5, 0], rel=ROUNDING)
    assert found[:, 2] == pytest.approx([1 / 3, 1 / 3, 0, 1 / 3], rel=ROUNDING)


@pytest.mark.parametrize("levels", [2, 3, 4])
def test_likelihood_score_and_information_belong_together(levels: int) -> None:
    """The value is Σ w t log p; the score is its derivative, and the information minus the derivative of the score."""
    chance = seeded(levels)
    x = np.vstack([np.ones(30), chance.normal(size=(2, 30))])
    target = chance.dirichlet(np.ones(levels), size=30).T
    target[:, :10] = np.eye(levels)[:, chance.integers(0, levels, size=10)]
    weights = chance.uniform(0.2, 3, size=30)
    theta = chance.normal(size=(levels - 1) * 3)

    def at(point: Vector) -> tuple[float, Vector]:
        value, score, _ = imputation_draws._likelihood(x, target, weights, point)
        return value, score

    value, score, factor = imputation_draws._likelihood(x, target, weights, theta)
    assert value == pytest.approx((weights[:, None] * target.T * log_shares(theta, x.T)).sum(), rel=ROUNDING)
    steps = 1e-5 * np.eye(len(theta))
    slopes = [(at(theta + step)[0] - at(theta - step)[0]) / 2e-5 for step in steps]
    assert score == pytest.approx(np.array(slopes), abs=DIFFERENCE)
    curvature = np.array([(at(theta - step)[1] - at(theta + step)[1]) / 2e-5 for step in steps])
    assert np.abs(factor.lower @ factor.lower.T - curvature).max() <= DIFFERENCE


def test_likelihood_where_a_share_has_become_nothing() -> None:
    """A share of 0 costs nothing where nobody has its level, and much, but a finite number, where somebody has."""
    x, theta = np.array([[1.0, 1.0]]), np.array([1000.0])
    alone = imputation_draws._likelihood(x, np.array([[0.0, 0.0], [1.0, 1.0]]), np.ones(2), theta)
    assert alone[0] == 0
    both = imputation_draws._likelihood(x, np.array([[1.0, 0.0], [0.0, 1.0]]), np.ones(2), theta)
    assert -1000 <= both[0] < -500


def test_newton_starts_from_equal_chances(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where equal chances are the maximum, it is found without a step."""
    monkeypatch.setattr(imputation_draws, "NEWTON_STEPS", 1)
    x = np.array([[1.0] * 6, [1.0, 1, 1, -1, -1, -1]])
    theta, _ = imputation_draws._maximum(x, np.tile(np.eye(3), (1, 2)), np.ones(6))
    assert theta.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("levels", [2, 3])
def test_rounding_does_not_stop_newton(levels: int) -> None:
    """On each of 250 samples the maximum is reached, though the last steps' ascent is less than the value's rounding."""
    for seed in range(250):
        chance = seeded(seed)
        x = np.vstack([np.ones(60), chance.normal(size=(3, 60))])
        x[1:] = (x[1:] - x[1:].mean(axis=1, keepdims=True)) / x[1:].std(axis=1, keepdims=True)
        thirds = np.quantile(x[1], np.arange(1, levels) / levels)
        codes = np.digitize(x[1] + chance.normal(size=60), thirds)
        rows, target, weights = imputation_draws._augmented(x, codes, levels)
        theta, _ = imputation_draws._maximum(rows, target, weights)
        assert np.abs(imputation_draws._likelihood(rows, target, weights, theta)[1]).max() <= DIFFERENCE


def test_added_observations_by_hand() -> None:
    """Two for each predictor, half a standard deviation from the mean on either side, shared by the levels as seen."""
    x = np.array([[1.0] * 4, [1.5, 0.5, -0.5, -1.5], [1.0, -1.0, 1.0, -1.0]])
    rows, target, weights = imputation_draws._augmented(x, np.array([0, 1, 1, 1]), 2)
    assert np.array_equal(rows[:, :4], x)
    assert {tuple(point) for point in rows[:, 4:].T} == {(1, 0.5, 0), (1, -0.5, 0), (1, 0, 0.5), (1, 0, -0.5)}
    assert target.tolist() == [[1, 0, 0, 0, *[0.25] * 4], [0, 1, 1, 1, *[0.75] * 4]]
    assert weights.tolist() == [1, 1, 1, 1, *[0.75] * 4]


def test_an_exact_tie_at_the_end_of_the_window_goes_to_the_lower() -> None:
    """Of 0, 2 and 4 the nearest to 1 and 3 are 0 and 2; the two nearest to 2 are 0 and 2."""
    ranked = np.array([0.0, 2.0, 4.0])
    first, last = imputation_draws._nearest(ranked, np.array([1.0, 3.0]), 1)
    assert (first.tolist(), last.tolist()) == ([0, 1], [0, 1])
    first, last = imputation_draws._nearest(ranked, np.array([2.0]), 2)
    assert (first.tolist(), last.tolist()) == ([0], [1])
