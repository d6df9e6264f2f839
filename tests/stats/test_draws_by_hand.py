"""The model of a missing category and its draws, held against textbook algebra with random numbers that are told."""

from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from medicore.stats.imputation.imputation_draws import _likelihood, _nearest, _shares, draw_levels
from tests.stats.imputation.test_imputation_draws import augmented, predictors, seeded

Vector = NDArray[np.float64]


class Told:
    """Random numbers as a test tells them."""

    def __init__(self, normal: Vector, uniform: Vector) -> None:
        self.normal, self.uniform = normal, uniform

    def standard_normal(self, size: int) -> Vector:
        """Return the normal numbers."""
        assert size == len(self.normal)
        return self.normal

    def random(self, size: int) -> Vector:
        """Return the uniform numbers."""
        assert size == len(self.uniform)
        return self.uniform


def drawn(observed: Vector, codes: list[int], missing: Vector, normal: Vector, uniform: Vector) -> list[int]:
    """Return the codes that told numbers draw."""
    chance = cast("np.random.Generator", Told(normal, uniform))
    found: list[int] = draw_levels(observed, np.array(codes), missing, chance).tolist()
    return found


def test_shares_by_hand() -> None:
    """Odds of 1 : 2 : 3 make sixths; odds of e^800 make certainty, and no overflow."""
    found = _shares(np.log([[2.0, 4.0], [3.0, 1.0]]), np.array([[1.0, 1.0], [0.0, 1.0]]))
    np.testing.assert_allclose(found[:, 0], [1 / 6, 2 / 6, 3 / 6])
    np.testing.assert_allclose(found[:, 1], [1 / 12, 8 / 12, 3 / 12])
    one = np.ones((1, 1))
    assert _shares(np.array([[800.0], [0.0]]), one).ravel().tolist() == [0, 1, 0]
    assert _shares(np.array([[-800.0], [-900.0]]), one).ravel().tolist() == [1, 0, 0]


def test_likelihood_score_and_information_by_the_textbook() -> None:
    """The value is Σ w y log π, and the score its derivative, which the information's factor turns into Newton's step."""
    chance = seeded(1)
    x, theta = predictors(chance, 40), chance.normal(size=6)
    target = chance.dirichlet(np.ones(3), 40).T
    weights = chance.uniform(0.5, 2, 40)

    def value(at: Vector) -> float:
        odds = np.vstack([np.zeros(40), at.reshape(2, 3) @ x])
        return float((weights * target * (odds - logsumexp(odds, axis=0))).sum())

    steps = 1e-4 * np.eye(6)
    slope = np.array([(value(theta + one) - value(theta - one)) / 2e-4 for one in steps])
    curvature = np.array(
        [
            [
                value(theta + a + b) - value(theta + a - b) - value(theta - a + b) + value(theta - a - b)
                for b in steps
            ]
            for a in steps
        ]
    ) / (4e-8)
    found, score, factor = _likelihood(x, target, weights, theta)
    assert found == pytest.approx(value(theta), rel=1e-12)
    np.testing.assert_allclose(score, slope, rtol=1e-6)
    np.testing.assert_allclose(factor.solve(score), np.linalg.solve(-curvature, slope), rtol=1e-4)


def test_what_cannot_be_and_was_not_costs_nothing() -> None:
    """A level that was not observed and has a chance below the smallest number adds 0 to the log-likelihood."""
    value, *_ = _likelihood(np.ones((1, 1)), np.array([[1.0], [0.0]]), np.ones(1), np.array([-800.0]))
    assert value == 0


def test_draws_are_quantiles_of_the_fitted_shares() -> None:
    """With normal numbers of 0 the shares are those of the augmented maximum, whatever the predictors' units."""
    chance = seeded(2)
    x = predictors(chance, 60)
    x[1:] = 7 + np.array([[3.0], [0.2]]) * x[1:]
    odds = np.array([np.zeros(60), (x[1] - 7) / 3, 0.3 - (x[2] - 7) / 0.2])
    codes = (chance.random(60) > np.cumsum(np.exp(odds) / np.exp(odds).sum(axis=0), axis=0)).sum(axis=0)
    rows, marks, weights = augmented(x, codes, 3)

    def cost(at: Vector) -> float:
        linear = np.column_stack([np.zeros(len(rows)), (rows - [0, 7, 7]) @ at.reshape(2, 3).T])
        return -float((weights * (linear[range(len(rows)), marks] - logsumexp(linear, axis=1))).sum())

    theta = minimize(cost, np.zeros(6), method="BFGS", options={"gtol": 1e-7}).x.reshape(2, 3)
    point = np.array([1.0, 8.5, 6.9])
    linear = np.array([0.0, *(theta @ (point - [0, 7, 7]))])
    expected = np.exp(linear - logsumexp(linear))
    uniform = (np.arange(20_000) + 0.5) / 20_000
    found = drawn(x, codes.tolist(), np.tile(point[:, None], 20_000), np.zeros(6), uniform)
    np.testing.assert_allclose(np.bincount(found) / 20_000, expected, atol=1e-4)
    assert found == sorted(found)


def test_drawn_coefficients_have_the_inverse_information() -> None:
    """With 4 and 12 of two levels and no predictor, one standard normal number moves the log odds by √(1/4 + 1/12)."""
    codes, ones = [0] * 4 + [1] * 12, np.ones((1, 16))
    uniform = (np.arange(50_000) + 0.5) / 50_000
    for normal in (-1.0, 0.0, 1.0):
        found = drawn(ones, codes, np.ones((1, 50_000)), np.array([normal]), uniform)
        share = float(np.mean(found))
        moved = np.log(share / (1 - share)) - np.log(3)
        assert moved == pytest.approx(normal * np.sqrt(1 / 4 + 1 / 12), abs=2e-4)


def test_a_level_begins_at_its_share() -> None:
    """Of two levels with a chance of 1/2 each, a uniform number of just 1/2 is the second's."""
    below = float(np.nextafter(0.5, 0))
    assert drawn(np.ones((1, 2)), [0, 1], np.ones((1, 2)), np.zeros(1), np.array([0.5, below])) == [1, 0]


def test_between_two_equally_far_the_lower_by_hand() -> None:
    """A window of donors that could as well be the next one stays where it is."""
    ranked = np.array([0.0, 2.0, 4.0, 6.0])
    for donors, aims, first in ((1, [1.0, 3.0, 9.0], [0, 1, 3]), (2, [2.0, 4.0, -1.0], [0, 1, 0])):
        found, last = _nearest(ranked, np.array(aims), donors)
        assert found.tolist() == first
        assert (last - found == donors - 1).all()
