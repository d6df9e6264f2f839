"""The likelihood of repeated outcomes is that of the subjects' rows, with the slopes that numbers give."""

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.stats.repeated.covariance_parameters import elements
from medicore.stats.repeated.restricted_likelihood import likelihood_at
from medicore.stats.repeated.visit_moments import moments_of
from tests.stats.repeated_samples import dense, profiles

STEP = 1e-4
PLACE = np.array([[1.5, 0.4, 0.2], [0.4, 2.0, 0.7], [0.2, 0.7, 3.0]])


@pytest.mark.parametrize("restricted", [True, False])
def test_the_likelihood_is_that_of_the_subjects_one_by_one(restricted: bool) -> None:
    """Value, slopes and curvature agree with the likelihood written out, away from its maximum."""
    data = profiles(4, n=30)
    moments = moments_of(data.design, data.outcome)

    def written(covariance: NDArray[np.float64]) -> float:
        return -2 * dense(covariance, data.design, data.outcome, restricted=restricted)

    found = likelihood_at(moments, PLACE, restricted=restricted)
    assert -2 * found.value == pytest.approx(written(PLACE), rel=1e-11)
    free = elements(3)
    slopes = [(written(PLACE + STEP * one) - written(PLACE - STEP * one)) / (2 * STEP) for one in free]
    np.testing.assert_allclose(found.gradient, slopes, rtol=1e-5, atol=1e-5)
    for place, one in enumerate(free):
        ahead, behind = (
            likelihood_at(moments, PLACE + sign * STEP * one, restricted=restricted).gradient
            for sign in (1, -1)
        )
        np.testing.assert_allclose(found.observed[place], (ahead - behind) / (2 * STEP), rtol=1e-4, atol=1e-4)


def test_the_expected_curvature_is_the_mean_of_the_observed_one() -> None:
    """Over outcomes drawn with the covariance, the observed curvature is the expected one on average."""
    data = profiles(5, n=30)
    chance, root = np.random.Generator(np.random.PCG64(1)), np.linalg.cholesky(PLACE)
    drawn = []
    for _ in range(400):
        outcome = np.where(np.isnan(data.outcome), np.nan, chance.normal(size=(30, 3)) @ root.T)
        drawn.append(likelihood_at(moments_of(data.design, outcome), PLACE))
    observed = np.array([one.observed for one in drawn])
    error = observed.std(axis=0, ddof=1) / np.sqrt(len(observed))
    assert (np.abs(observed.mean(axis=0) - drawn[0].expected) < 4 * error).all()


def test_the_slopes_of_the_information_are_those_of_numbers() -> None:
    """``moved`` says how the inverse of the coefficients' covariance moves with each element."""
    data = profiles(6, n=30)
    moments = moments_of(data.design, data.outcome)
    found = likelihood_at(moments, PLACE)
    for place, one in enumerate(elements(3)):
        ahead, behind = (
            np.linalg.inv(likelihood_at(moments, PLACE + sign * STEP * one).spread) for sign in (1, -1)
        )
        np.testing.assert_allclose(found.moved[place], (ahead - behind) / (2 * STEP), rtol=1e-4, atol=1e-5)
