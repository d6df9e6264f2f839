"""The covariance of adjusted means under each scheme."""

import numpy as np
import pytest

from medicore.stats.effect.randomised import randomised_means
from medicore.stats.models.outcome_model import fit_outcome_models
from medicore.stats.randomisation.randomisation_covariance import (
    balance_gain,
    positive,
    randomisation_covariance,
    with_covariance,
)
from medicore.stats.randomisation.randomisation_scheme import Randomisation
from tests.stats.randomisation.randomised_samples import trial

SAME = 1e-12


def test_under_simple_randomisation_it_is_that_of_two_arms() -> None:
    """With two arms and without strata it is the covariance of ``randomised_means``."""
    one = trial("simple", 11)
    models = fit_outcome_models(one.x, one.treated, one.outcome)
    predicted = np.column_stack([model.predicted for model in models])
    found = randomisation_covariance(predicted, np.where(one.treated, 0, 1), one.outcome, one.randomisation)
    expected = randomised_means(one.x, one.treated, one.outcome, form="per arm").covariance
    assert found == pytest.approx(expected, rel=SAME)


def test_the_gain_by_loops() -> None:
    """Σ p_z E_a E_b Ω_ab over the strata, with the mean residuals of three arms written out."""
    chance = np.random.default_rng(12)
    strata, arm = chance.integers(0, 3, 90), chance.integers(0, 3, 90)
    residual, shares = chance.normal(size=90) + strata, np.bincount(arm) / 90
    expected = np.zeros((3, 3))
    for z in range(3):
        means = [residual[(strata == z) & (arm == a)].mean() for a in range(3)]
        for a in range(3):
            for b in range(3):
                omega = shares[a] - shares[a] ** 2 if a == b else -shares[a] * shares[b]
                expected[a, b] += (strata == z).mean() * means[a] * means[b] / shares[a] / shares[b] * omega
    found = balance_gain(residual, arm, shares, Randomisation("biased coin", strata))
    assert found == pytest.approx(expected, rel=SAME)


@pytest.mark.parametrize("scheme", ["simple", "minimisation"])
def test_a_scheme_not_known_to_balance_gains_nothing(scheme: str) -> None:
    """Only blocks and the biased coin take something off the variance."""
    one = trial("simple", 13)
    arm = np.where(one.treated, 0, 1)
    randomisation = Randomisation(scheme, one.randomisation.strata)  # type: ignore[arg-type]
    assert not balance_gain(one.outcome, arm, np.array([0.5, 0.5]), randomisation).any()


def test_the_unbiased_gain_is_nought_on_average_where_strata_do_not_matter() -> None:
    """Before what is negative is cut off, small strata without meaning gain nothing; the plain gain makes something of chance."""
    chance = np.random.default_rng(14)
    strata, arm = np.repeat(np.arange(10), 6), np.tile([0, 0, 0, 1, 1, 1], 10)
    half = np.array([0.5, 0.5])
    contrast = np.array([1.0, -1.0])
    plain, corrected = [], []
    for _ in range(400):
        residual = chance.normal(size=60)
        randomisation = Randomisation("stratified", strata)
        plain.append(contrast @ balance_gain(residual, arm, half, randomisation) @ contrast)
        corrected.append(
            contrast @ balance_gain(residual, arm, half, randomisation, unbiased=True) @ contrast
        )
    assert np.mean(plain) > 0.5  # of the variance 4
    assert 0 <= np.mean(corrected) < 0.45 * np.mean(plain)


def test_a_cell_of_one_gains_nothing() -> None:
    """The square of one residual is all variance, as far as anybody knows."""
    randomisation = Randomisation("stratified", np.array([0, 0]))
    residual, half = np.array([2.0, 3.0]), np.array([0.5, 0.5])
    found = balance_gain(residual, np.array([0, 1]), half, randomisation, unbiased=True)
    assert np.diag(found).max() <= abs(found[0, 1]) + SAME
    assert balance_gain(residual, np.array([0, 1]), half, randomisation)[0, 0] == pytest.approx(4.0)


def test_the_nearest_matrix_without_a_negative_eigenvalue() -> None:
    """A matrix without one stays; of another the negative eigenvalue becomes 0."""
    fine = np.array([[2.0, 1.0], [1.0, 2.0]])
    assert positive(fine) == pytest.approx(fine)
    assert positive(np.diag([1.0, -1.0])) == pytest.approx(np.diag([1.0, 0.0]))


def test_a_root_is_moved_to_a_covariance_as_little_as_possible() -> None:
    """It gets exactly the covariance, stays as it is where it has it already, and a flat one has no direction to move in."""
    root = np.random.default_rng(15).normal(size=(50, 2))
    own = root.T @ root
    found = with_covariance(root, 0.9 * own - 0.5)
    assert found.T @ found == pytest.approx(0.9 * own - 0.5, rel=1e-10)
    assert with_covariance(root, own) == pytest.approx(root, rel=1e-10)
    flat = np.column_stack([root[:, 0], np.zeros(50)])
    assert with_covariance(flat, np.diag([1.0, 0.0]))[:, 1] == pytest.approx(np.zeros(50))
