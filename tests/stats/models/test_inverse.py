"""The inverse of an information matrix: what it is, and that it is numpy's to the last bit."""

from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from medicore.stats.models.inverse import CUTOFF, pseudo_inverse

Matrix = NDArray[np.float64]
ROUNDING = 1e-12


def information(size: int, kind: str, seed: int) -> Matrix:
    """Return a symmetric matrix: of full rank, of small numbers, badly scaled, of deficient rank, or with negative eigenvalues."""
    chance = np.random.Generator(np.random.PCG64(seed))
    basis = chance.normal(size=(40, size))
    if kind == "small":
        basis *= 1e-12
    if kind == "badly scaled":
        basis *= 10.0 ** chance.integers(-7, 7, size=size)
    if kind == "deficient":
        basis[:, -1] = basis[:, 0]
    weight = chance.random(40) - (0.5 if kind == "indefinite" else 0.0)
    return cast("Matrix", (basis * weight[:, None]).T @ basis)


@pytest.mark.parametrize("kind", ["regular", "small", "badly scaled", "deficient", "indefinite"])
def test_it_is_numpys_pseudo_inverse_to_the_last_bit(kind: str) -> None:
    """Of small and large matrices, of full rank or not, the general decomposition gives the same bytes."""
    for size in (1, 2, 3, 5, 8, 17, 33):
        for seed in range(8):
            given = information(size, kind, seed)
            expected = np.linalg.pinv(given, rcond=CUTOFF, hermitian=True)
            assert pseudo_inverse(given).tobytes() == expected.tobytes()


def test_it_undoes_a_matrix_of_full_rank() -> None:
    """A matrix times its inverse is the identity."""
    given = information(6, "regular", 3)
    np.testing.assert_allclose(given @ pseudo_inverse(given), np.eye(6), atol=ROUNDING)


def test_a_singular_matrix_has_the_four_properties_of_moore_and_penrose() -> None:
    """What the matrix maps to 0 the inverse leaves at 0, although rounding leaves an eigenvalue beside it."""
    chance = np.random.Generator(np.random.PCG64(1))
    turned, _ = np.linalg.qr(chance.normal(size=(4, 4)))
    given = (turned * [3.0, -2.0, 1.0, 3e-16]) @ turned.T
    found = pseudo_inverse(given)
    np.testing.assert_allclose(given @ found @ given, given, atol=ROUNDING)
    np.testing.assert_allclose(found @ given @ found, found, atol=ROUNDING)
    for product in (given @ found, found @ given):
        np.testing.assert_allclose(product, product.T, atol=ROUNDING)
    assert np.linalg.matrix_rank(found, tol=ROUNDING) == 3


def test_nothing_but_zeros_and_no_columns_are_inverted_too() -> None:
    """The inverse of zeros is zeros, and that of a matrix without columns has none."""
    assert not pseudo_inverse(np.zeros((3, 3))).any()
    assert pseudo_inverse(np.zeros((0, 0))).shape == (0, 0)
