"""Standard errors from influence values, and influence passed on through a nuisance model."""

import numpy as np
import pytest

from medicore.stats.models.sandwich import propagate, standard_error
from tests.stats.samples import draw


def test_the_standard_error_of_a_mean() -> None:
    """Of centred or uncentred values: standard deviation over √n, with the ddof that is asked for."""
    outcome = draw(51).outcome
    for ddof in (0, 1):
        expected = outcome.std(ddof=ddof) / np.sqrt(len(outcome))
        assert standard_error(outcome, ddof) == pytest.approx(expected)
        assert standard_error(outcome - outcome.mean(), ddof) == pytest.approx(expected)


def test_influence_is_the_derivative_times_the_models_influence() -> None:
    """Two coefficients, three subjects, by hand."""
    influence = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, -2.0]])
    gradient = np.array([[1.0, 1.0], [0.0, 3.0], [2.0, 0.0]])
    slope = np.array([0.5, 1.0, -1.0])
    derivative = np.array([0.5 - 2.0, 0.5 + 3.0])
    np.testing.assert_allclose(propagate(influence, gradient, slope), influence @ derivative)


def test_a_model_without_coefficients_passes_nothing_on() -> None:
    """Known scores have no columns, and add 0."""
    nothing = np.zeros((3, 0))
    np.testing.assert_array_equal(propagate(nothing, nothing, np.ones(3)), np.zeros(3))
