"""Cross-products and their factor: what they are, and that threads do not touch them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from medicore.stats.bootstrap.normal_equations import TriangularFactor, cross_products, linear_predictor

PRODUCT_TOLERANCE = 1e-13
"""Relative, of a sum in another order."""
SOLUTION_TOLERANCE = 1e-9
"""Absolute and relative, of solutions of well-conditioned systems."""

seeds = st.integers(0, 2**31)


@given(seeds, st.integers(1, 30), st.integers(1, 6000))
def test_cross_products_are_weighted_sums(seed: int, size: int, n: int) -> None:
    """Whatever the number of blocks, Σ w x xᵀ is that of one einsum; weights may be negative."""
    chance = np.random.Generator(np.random.PCG64(seed))
    rows, weights = chance.normal(size=(size, n)), chance.normal(size=n)
    found = cross_products(rows, weights)
    assert np.abs(found - np.einsum("in,n,jn->ij", rows, weights, rows)).max() <= PRODUCT_TOLERANCE * 100 * n


def test_a_predictor_is_a_sum_of_rows() -> None:
    """Σ θ x, the same for subjects alike, wherever they stand."""
    chance = np.random.Generator(np.random.PCG64(1))
    rows = np.repeat(chance.normal(size=(7, 50)), 30, axis=1)
    theta = chance.normal(size=7)
    found = linear_predictor(theta, rows)
    assert np.allclose(found, theta @ rows, rtol=0, atol=PRODUCT_TOLERANCE)
    assert len(np.unique(found)) == 50


@given(seeds, st.integers(1, 12))
def test_solutions(seed: int, size: int) -> None:
    """The factor is that of LAPACK, solves the system, and its spread has the inverse as covariance."""
    chance = np.random.Generator(np.random.PCG64(seed))
    root = chance.normal(size=(size, 3 * size + 5))
    products = root @ root.T
    factor = TriangularFactor.of(products)
    right = chance.normal(size=size)
    assert factor.kept == tuple(range(size))
    assert np.allclose(
        factor.lower, np.linalg.cholesky(products), rtol=SOLUTION_TOLERANCE, atol=SOLUTION_TOLERANCE
    )
    assert np.allclose(
        factor.solve(right),
        np.linalg.solve(products, right),
        rtol=SOLUTION_TOLERANCE,
        atol=SOLUTION_TOLERANCE,
    )
    spread = np.column_stack([factor.spread(unit) for unit in np.eye(size)])
    assert np.allclose(
        spread @ spread.T, np.linalg.inv(products), rtol=SOLUTION_TOLERANCE, atol=SOLUTION_TOLERANCE
    )


def test_aliased_rows_are_left_out() -> None:
    """A row of zeros and a sum of earlier rows get coefficient 0; the others are as without them."""
    chance = np.random.Generator(np.random.PCG64(2))
    a, b, y = chance.normal(size=(3, 40))
    rows = np.vstack([a, np.zeros(40), b, a - 2 * b, np.ones(40)])
    factor = TriangularFactor.of(cross_products(rows, np.ones(40)))
    assert factor.kept == (0, 2, 4)
    found = factor.solve(rows @ y)
    expected = np.linalg.lstsq(rows[[0, 2, 4]].T, y, rcond=None)[0]
    assert np.allclose(
        found, [expected[0], 0, expected[1], 0, expected[2]], rtol=SOLUTION_TOLERANCE, atol=SOLUTION_TOLERANCE
    )
    assert factor.spread(np.ones(3))[[1, 3]].tolist() == [0, 0]


def test_the_upper_triangle_is_not_read() -> None:
    """Whatever stands above the diagonal, the factor is the same."""
    products = np.array([[4.0, 2.0, 0.0], [2.0, 5.0, 3.0], [0.0, 3.0, 6.0]])
    upper = np.triu(np.full((3, 3), np.nan), 1)
    assert np.array_equal(TriangularFactor.of(products + upper).lower, TriangularFactor.of(products).lower)


@pytest.mark.parametrize("size", [1, 2, 3, 8, 40, 600])
def test_the_bits_do_not_depend_on_threads(size: int) -> None:
    """One thread and two give the same cross-products, to the last bit."""
    chance = np.random.Generator(np.random.PCG64(3))
    subjects = 20_000 // max(1, size // 40) ** 2  # the more rows, the fewer subjects are in one product
    rows, weights = chance.normal(size=(size, subjects)), np.ones(subjects)
    with threadpool_limits(limits=1):
        alone = cross_products(rows, weights)
    with threadpool_limits(limits=2):
        together = cross_products(rows, weights)
    assert np.array_equal(alone, together)
