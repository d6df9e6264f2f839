"""The second implementation of what a stopped study says: other software's numbers, and the first implementation's."""

import numpy as np
import pytest

from medicore.stats.monitoring.boundaries import AlphaSpending, looks
from medicore.stats.monitoring.spending import Spending
from medicore.stats.monitoring.stagewise import stage_wise
from medicore.stats.verification_stagewise import Stopped, stopped

IN_ERRORS = 5e-6
"""Tolerance of a drift, in standard errors at the last look."""
LEVEL = 1e-7


def bounds_of(at: list[float], sides: int, function: str = "obrien-fleming") -> list[float]:
    """Return the boundaries of all looks but the last."""
    design = AlphaSpending(Spending(function, None), 0.025 * sides, sides)  # type: ignore[arg-type]
    return [look.critical_value for look in looks(design, at)][:-1]


def test_a_stop_of_other_software() -> None:
    """The stop at z = 2.7 of the third look has the numbers of the reference."""
    at = [0.2, 0.45, 0.7]
    found = stopped(at, bounds_of(at, 2), 2, 2.7, 0.95)
    assert found.p_value == pytest.approx(2 * 0.003866, abs=2e-6)
    assert (found.estimate, found.low, found.high) == pytest.approx((3.2093, 0.8520, 5.5579), abs=1e-4)


@pytest.mark.parametrize("z", [-9.0, -1.0, 0.0, 2.2, 6.0, 40.0])
@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("at", [[0.4], [0.1, 0.5, 1.05], [0.3, 0.31, 0.6, 0.9]])
def test_the_first_implementation_is_confirmed(at: list[float], sides: int, z: float) -> None:
    """Estimate, limits and p-value agree, for statistics of both signs and far out, with looks close together."""
    upper = bounds_of(at, sides)
    lower = [-one if sides == 2 else -np.inf for one in upper]
    first, second = stage_wise(at, lower, upper, z), stopped(at, upper, sides, z, 0.95)
    for name in ("estimate", "low", "high"):
        gap = (getattr(second, name) - getattr(first, name)) * np.sqrt(at[-1])
        assert abs(gap) <= IN_ERRORS * max(1.0, abs(z)), name
    assert second.p_value == pytest.approx(first.two_sided_p_value, abs=LEVEL)


def test_looks_without_a_bound_stop_nothing() -> None:
    """Looks that may not speak leave the fixed analysis, however far out it ends."""
    for z in (1.0, 25.0):
        found = stopped([0.2, 0.5, 0.9], [np.inf, np.inf], 2, z, 0.95)
        alone = stopped([0.9], [], 2, z, 0.95)
        half = 1.959964 / np.sqrt(0.9)
        assert alone == Stopped(*(pytest.approx(v, abs=1e-6) for v in (
            z / np.sqrt(0.9), z / np.sqrt(0.9) - half, z / np.sqrt(0.9) + half, alone.p_value
        )))  # fmt: skip
        assert (found.estimate, found.low, found.high) == pytest.approx(
            (alone.estimate, alone.low, alone.high), abs=1e-6
        )
        assert found.p_value == pytest.approx(alone.p_value, abs=LEVEL)
