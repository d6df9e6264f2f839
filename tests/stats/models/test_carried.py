"""Degrees of freedom of what outcomes carry, by hand."""

import numpy as np
import pytest

from medicore.stats.models.carried import Carried, carried, satterthwaite


def test_equal_weights_carry_as_many_degrees_of_freedom_as_there_are_residuals() -> None:
    """Ten alike with two parameters have 8; one that counts for all has next to none, whatever its sign."""
    noise = np.arange(10.0)
    even = carried(noise, np.full(10, -0.3), 2)
    assert even == Carried(285.0, pytest.approx(8.0))  # type: ignore[arg-type]
    alone = carried(noise, np.where(noise == 3, -5.0, 1e-3), 2)
    assert alone.freedom == pytest.approx(0.8, rel=1e-5)
    uneven = carried(noise[:2], np.array([1.0, 2.0]), 1)
    assert uneven.freedom == pytest.approx(25 / 17 / 2)


def test_degrees_of_freedom_are_satterthwaites() -> None:
    """V²/(Σv²/ν + rest²/(n - 1)), with no rest where the groups make more than the total."""
    groups = [Carried(3.0, 5.0), Carried(2.0, 4.0)]
    assert satterthwaite(6.0, groups, 11) == pytest.approx(36 / (9 / 5 + 4 / 4 + 1 / 10))
    assert satterthwaite(4.0, groups, 11) == pytest.approx(16 / (9 / 5 + 4 / 4))
    assert satterthwaite(5.0, groups, 11) == pytest.approx(25 / (9 / 5 + 4 / 4))


def test_a_unit_changes_no_degrees_of_freedom() -> None:
    """A variance of 1e-300 has as many as one of 1; without any variance or weight there is no division by 0."""
    groups = [Carried(3e-300, 5.0), Carried(2e-300, 4.0)]
    assert satterthwaite(6e-300, groups, 11) == pytest.approx(36 / (9 / 5 + 4 / 4 + 1 / 10))
    assert satterthwaite(0.0, [Carried(0.0, 5.0)], 11) == 10
    assert carried(np.array([1.0, 2.0]), np.zeros(2), 0.5) == Carried(5.0, 1.5)
