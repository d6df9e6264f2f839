"""Schemes of randomisation, and the calibration of predictions within strata."""

import numpy as np
import pytest

from medicore.errors import EstimationError
from medicore.stats.randomisation.randomisation_scheme import (
    Randomisation,
    calibrated,
    cell_means,
    simple_randomisation,
)


def test_what_each_scheme_is_known_to_do() -> None:
    """Blocks and the biased coin balance every stratum, minimisation asks for calibration, simple does neither."""
    strata = np.array([0, 0, 1])
    found = {
        scheme: (Randomisation(scheme, strata).balanced, Randomisation(scheme, strata).calibrated)
        for scheme in ("simple", "stratified", "biased coin", "minimisation")
    }
    assert found == {
        "simple": (False, False),
        "stratified": (True, False),
        "biased coin": (True, False),
        "minimisation": (False, True),
    }


def test_cells_and_their_means() -> None:
    """Subjects and means are counted by stratum and arm; an empty cell has the mean 0."""
    randomisation = Randomisation("stratified", np.array([0, 0, 1, 1, 1]))
    arm = np.array([0, 1, 1, 1, 1])
    assert randomisation.number == 2
    assert randomisation.cells(arm, 2).tolist() == [[1, 1], [0, 3]]
    means = cell_means(np.array([5.0, 2.0, 1.0, 2.0, 6.0]), arm, 2, randomisation)
    assert means.tolist() == [[5.0, 2.0], [0.0, 3.0]]


def test_calibrated_predictions_leave_no_mean_residual_in_a_cell() -> None:
    """After the calibration the residuals of each stratum and arm have mean 0, and everybody of a stratum moved alike."""
    chance = np.random.default_rng(1)
    randomisation = Randomisation("minimisation", np.repeat([0, 1], 6))
    arm = np.tile([0, 1, 2], 4)
    outcome, predicted = chance.normal(size=12), chance.normal(size=(12, 3))
    found = calibrated(predicted, arm, outcome, randomisation)
    residual = outcome - found[np.arange(12), arm]
    assert np.abs(cell_means(residual, arm, 3, randomisation)).max() < 1e-14
    assert np.ptp((found - predicted)[:6], axis=0).max() < 1e-14


def test_a_stratum_without_an_arm_is_refused() -> None:
    """Nothing calibrates a prediction where nobody has the arm, and the message counts the strata."""
    randomisation = Randomisation("minimisation", np.array([0, 0, 1, 1]))
    with pytest.raises(EstimationError, match="1 of 2 strata of the randomisation lack a subject of an arm"):
        calibrated(np.zeros((4, 2)), np.array([0, 1, 1, 1]), np.zeros(4), randomisation)


def test_the_scheme_without_strata() -> None:
    """Simple randomisation holds one stratum of everybody."""
    found = simple_randomisation(3)
    assert (found.scheme, found.number) == ("simple", 1)
