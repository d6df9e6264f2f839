"""Resamples: who is drawn, where they lie, and sums that keep their bits."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from medicore.stats.bootstrap import resampling
from medicore.stats.bootstrap.resampling import (
    BLOCK_LENGTH,
    PRODUCT_LIMIT,
    TILE,
    Layout,
    draw_counts,
    drawn,
    linear_predictors,
    packed_products,
    seeded_streams,
    starting_point,
    unpacked,
    weighted_sums,
)

SUM_TOLERANCE = 1e-12
"""Relative; sums of some hundred terms in another order."""


def arms(n: int, seed: int = 0) -> np.ndarray:
    """Return an assignment of ``n`` subjects with both arms in it."""
    treated = np.random.Generator(np.random.PCG64(seed)).random(n) < 0.4
    treated[:2] = True, False
    return treated


@given(st.integers(2, 700), st.integers(0, 5))
def test_spreading_keeps_every_subject_once(n: int, seed: int) -> None:
    """The places of an arm hold its subjects in order, then nothing; all of them together hold everybody."""
    treated = arms(n, seed)
    layout = Layout.of(treated, 3)
    placed = layout.spread(np.arange(1.0, n + 1))
    first = placed[: layout.blocks[0]].ravel()
    second = placed[layout.blocks[0] :].ravel()
    assert first[first > 0].tolist() == (np.flatnonzero(treated) + 1).tolist()
    assert second[second > 0].tolist() == (np.flatnonzero(~treated) + 1).tolist()
    assert not first[layout.sizes[0] :].any()
    assert not second[layout.sizes[1] :].any()
    assert len(first) - layout.sizes[0] < layout.length
    assert len(second) - layout.sizes[1] < layout.length


def test_spreading_a_matrix_spreads_its_columns() -> None:
    """A matrix becomes blocks of columns, each column laid out as it would be alone."""
    rows = np.random.Generator(np.random.PCG64(4)).normal(size=(300, 3))
    layout = Layout.of(arms(300), 3)
    placed = layout.spread(rows)
    assert placed.shape == (sum(layout.blocks), 3, layout.length)
    for column in range(3):
        assert (placed[:, column] == layout.spread(rows[:, column])).all()


def test_parts_cover_each_arm_without_crossing() -> None:
    """The parts of the two arms are consecutive and cover all blocks once, at most eight at a time."""
    layout = Layout.of(arms(5000), 3)
    blocks = [range(part.start, part.stop) for arm in (0, 1) for part in layout.parts(arm)]
    assert [block for some in blocks for block in some] == list(range(sum(layout.blocks)))
    assert max(map(len, blocks)) == resampling.BLOCKS_AT_ONCE
    assert layout.blocks[0] in {some.start for some in blocks}


def test_draws_are_those_that_numpy_makes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few resamples are drawn at a time, they are rows of one call to ``Generator.integers``."""
    (stream,) = seeded_streams(3, 5)
    whole = np.random.Generator(np.random.PCG64(stream)).integers(0, 999, size=(TILE, 999))
    for limit in (1, 999 * 7, 10**9):
        monkeypatch.setattr(resampling, "DRAWN_AT_ONCE", limit)
        assert (np.concatenate(list(drawn(stream, 999))) == whole).all()


def test_counts_are_those_of_the_draws() -> None:
    """A row of counts says how often that resample drew each subject."""
    treated = arms(301)
    layout = Layout.of(treated, 4)
    streams = seeded_streams(8, 2 * TILE)
    counts = draw_counts(layout, streams)
    resamples = [row for stream in streams for some in drawn(stream, 301) for row in some]
    assert counts.shape == (sum(layout.blocks), 2 * TILE, layout.length)
    for row, resample in enumerate(resamples):
        times = np.bincount(resample, minlength=301).astype(np.float64)
        assert (counts[:, row] == layout.spread(times)).all()
    assert (counts.sum(axis=(0, 2)) == 301).all()


def test_a_longer_bootstrap_begins_with_the_shorter_one() -> None:
    """The streams of a seed do not depend on how many are asked for, and differ from one another."""
    short, long = seeded_streams(5, 40), seeded_streams(5, 400)
    first = [next(drawn(stream, 50)).tolist() for stream in short]
    assert first == [next(drawn(stream, 50)).tolist() for stream in long[: len(short)]]
    assert first[0] != first[1]
    assert len(seeded_streams(5, 33)) == 2


@pytest.mark.parametrize("columns", [1, 7, 28, 90])
def test_weighted_sums_are_sums(columns: int) -> None:
    """Σ w x for every replicate and column, whatever the number of matrix products that it takes."""
    chance = np.random.Generator(np.random.PCG64(columns))
    weights, x = chance.random((5, 2 * TILE, 128)), chance.normal(size=(5, columns, 128))
    expected = np.einsum("kbs,kjs->bj", weights, x)
    np.testing.assert_allclose(weighted_sums(weights, x), expected, rtol=SUM_TOLERANCE, atol=1e-11)


def test_linear_predictors_are_inner_products() -> None:
    """η = θ·z for every replicate and place."""
    chance = np.random.Generator(np.random.PCG64(1))
    theta, x = chance.normal(size=(2 * TILE, 4)), chance.normal(size=(3, 4, 16))
    expected = np.einsum("bj,kjs->kbs", theta, x)
    np.testing.assert_allclose(linear_predictors(theta, x), expected, rtol=SUM_TOLERANCE, atol=1e-13)


@pytest.mark.parametrize("columns", [3, 28, 64, 90, 400])
def test_sums_keep_their_bits(columns: int) -> None:
    """A tile's sums are the same bits alone and beside others, with one thread and with two."""
    chance = np.random.Generator(np.random.PCG64(columns))
    weights, x = chance.random((8, 3 * TILE, 128)), chance.normal(size=(8, columns, 128))
    with threadpool_limits(1):
        together = weighted_sums(weights, x)
    with threadpool_limits(2):
        alone = [
            weighted_sums(np.ascontiguousarray(weights[:, tile : tile + TILE]), x)
            for tile in range(0, 3 * TILE, TILE)
        ]
    assert (together == np.concatenate(alone)).all()


@pytest.mark.parametrize("parameters", [1, 64, 65, 200, 9000])
def test_no_product_is_large_enough_to_be_shared_among_threads(parameters: int) -> None:
    """The block length shrinks with the number of parameters, so that the predictors' products stay small."""
    layout = Layout.of(arms(2000), parameters)
    assert layout.length >= 1
    assert TILE * layout.length * parameters <= PRODUCT_LIMIT or layout.length == 1
    assert (layout.length == BLOCK_LENGTH) == (parameters <= 64)


@given(st.integers(1, 6))
def test_packing_and_unpacking_are_inverse(size: int) -> None:
    """The packed products, summed and unpacked, are Σ w z z′."""
    chance = np.random.Generator(np.random.PCG64(size))
    columns, weights = chance.normal(size=(2, size, 8)), chance.random((2, TILE, 8))
    products = packed_products(columns)
    assert products.shape == (2, size * (size + 1) // 2, 8)
    found = unpacked(weighted_sums(weights, products), size)
    expected = np.einsum("kbs,kis,kjs->bij", weights, columns, columns)
    np.testing.assert_allclose(found, expected, rtol=SUM_TOLERANCE, atol=1e-12)


@given(st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=5))
def test_a_starting_point_forgets_last_bits_only(values: list[float]) -> None:
    """Rounding moves no coefficient by more than a millionth of the largest, and a rounded one not at all."""
    given_values = np.array(values)
    start = starting_point(given_values)
    largest = float(np.abs(given_values).max())
    assert np.abs(start - given_values).max() <= 1e-6 * max(largest, 1e-290)
    assert (starting_point(start) == start).all()


@pytest.mark.parametrize("largest", [1.0, 1.5, -1.75])
def test_a_starting_point_has_twenty_bits_below_the_largest(largest: float) -> None:
    """A multiple of 2⁻²⁰ stays; what is less than half of one away goes to it."""
    bits = np.array([largest, 2.0**-20, -3 * 2.0**-20])
    np.testing.assert_array_equal(starting_point(bits), bits)
    np.testing.assert_array_equal(starting_point(bits + 0.45 * 2.0**-20), bits)


def test_a_starting_point_of_nothing_is_nothing() -> None:
    """Coefficients of 0 have no largest bit, and stay 0."""
    assert (starting_point(np.zeros(3)) == 0).all()


def test_a_layout_is_frozen() -> None:
    """A layout changes only by making another."""
    layout = Layout.of(arms(10), 2)
    assert replace(layout, length=7).length == 7
    with pytest.raises(AttributeError):
        layout.length = 7  # type: ignore[misc]
