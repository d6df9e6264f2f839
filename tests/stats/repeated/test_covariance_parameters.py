"""The parameters of a covariance matrix: back and forth, and slopes by numbers."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.stats.repeated.covariance_parameters import CovarianceParameters, elements

STEP = 1e-5
BY_NUMBERS = 1e-6


def drawn(seed: int, visits: int) -> CovarianceParameters:
    """Return parameters near 0."""
    chance = np.random.Generator(np.random.PCG64(seed))
    return CovarianceParameters(chance.normal(size=visits * (visits + 1) // 2) / 2, visits)


@settings(max_examples=10)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_parameters_and_covariance_are_one(seed: int, visits: int) -> None:
    """Every parameter is a positive definite matrix, from which it comes back."""
    found = drawn(seed, visits)
    np.testing.assert_allclose(CovarianceParameters.of(found.covariance).values, found.values, atol=1e-9)
    assert np.linalg.eigvalsh(found.covariance)[0] > 0


@settings(max_examples=10)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_slopes_and_curvatures_are_those_of_numbers(seed: int, visits: int) -> None:
    """First and second derivatives agree with differences."""
    found = drawn(seed, visits)
    slopes, curvatures = found.slopes(), found.curvatures()
    for place in range(len(found.values)):
        step = np.zeros(len(found.values))
        step[place] = STEP
        ahead = CovarianceParameters(found.values + step, visits)
        behind = CovarianceParameters(found.values - step, visits)
        np.testing.assert_allclose(
            (ahead.covariance - behind.covariance) / (2 * STEP), slopes[place], atol=BY_NUMBERS
        )
        np.testing.assert_allclose(
            (ahead.slopes() - behind.slopes()) / (2 * STEP), curvatures[place], atol=BY_NUMBERS
        )


def test_the_elements_make_up_every_symmetric_matrix() -> None:
    """A symmetric matrix is the sum of its free elements, each times what it moves."""
    matrix = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 5.0], [3.0, 5.0, 6.0]])
    free = elements(3)
    np.testing.assert_array_equal(np.einsum("k,kab->ab", matrix[np.tril_indices(3)], free), matrix)
