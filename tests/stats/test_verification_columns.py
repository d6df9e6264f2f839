"""The leverages of the second implementation: by the hat matrix written out, and where a subject stands alone."""

import numpy as np
import pytest

from medicore.stats.verification_columns import evened, hat_diagonal, lengthened

EXACT = 1e-10


def test_the_diagonal_is_that_of_the_hat_matrix() -> None:
    """With weights v it is that of √v·X(X'VX)⁻¹X'·√v."""
    chance = np.random.Generator(np.random.PCG64(1))
    columns, spread = chance.normal(size=(12, 3)), chance.uniform(0.1, 1, 12)
    root = np.sqrt(spread)
    hat = root[:, None] * columns @ np.linalg.inv(columns.T * spread @ columns) @ columns.T * root
    assert hat_diagonal(columns, spread) == pytest.approx(np.diag(hat), rel=EXACT)


def test_residuals_are_lengthened_by_the_root_of_what_is_free() -> None:
    """A residual of 3 at the leverage 0.75 is 6: 3 are added; at 0 nothing is, and at 1 nothing either."""
    found = lengthened(np.array([3.0, -3.0, 5.0, 2.0, 2.0]), np.array([0.75, 0.75, 0.0, 1.0, 1 - 1e-12]))
    assert found == pytest.approx([3, -3, 0, 0, 0])


def test_the_least_weights_close_the_gap() -> None:
    """They are V⁻¹ times nothing but columns: x'(X'VX)⁻¹gap, of which Σδvx is the gap; none where there is no variance."""
    chance = np.random.Generator(np.random.PCG64(2))
    columns, spread, gap = chance.normal(size=(12, 3)), chance.uniform(0.1, 1, 12), np.array([1.0, -2, 0.5])
    found = evened(columns, spread, gap)
    assert (found * spread) @ columns == pytest.approx(gap, rel=EXACT)
    assert found == pytest.approx(columns @ np.linalg.solve(columns.T * spread @ columns, gap), rel=EXACT)
    spread[4] = 0
    assert evened(columns, spread, gap)[4] == 0
