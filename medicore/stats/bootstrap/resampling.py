"""Bootstrap resamples as counts, and weighted sums whose bits do not depend on chunks or threads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Counts = NDArray[np.uint16]
"""How often each subject was drawn, ``(blocks, replicates, length)``; the positions are those of ``Layout``."""

TILE = 32
"""Number of replicates in one matrix product."""
BLOCK_LENGTH = 128
"""Largest number of subjects in one matrix product."""
PRODUCT_LIMIT = 2**18
"""Largest number of multiplications in one matrix product.

The bits of a row of a matrix product depend on the number of other rows, and two threads split a large product in
another way than one. So every product here has ``TILE`` rows and is smaller than the products that a BLAS library
splits among threads (OpenBLAS: 4 · 65,536 per thread).
"""
BLOCKS_AT_ONCE = 8
"""Number of blocks whose intermediate results fit into the processor's cache."""
DRAWN_AT_ONCE = 2**16
"""Number of random numbers in memory at once, unless one resample needs more."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The position of each subject: the treated, then the controls, in blocks of ``length`` positions.

    The last block of each arm is padded with 0. ``order`` is ``(n,)``, the subjects' indexes in the order of their
    positions; ``sizes`` and ``blocks`` count subjects and blocks per arm, treated first.
    """

    order: NDArray[np.intp]
    sizes: tuple[int, int]
    blocks: tuple[int, int]
    length: int

    @classmethod
    def of(cls, treated: NDArray[np.bool_], parameters: int) -> "Layout":
        """Return the layout for models with at most ``parameters`` coefficients."""
        length = BLOCK_LENGTH
        while TILE * length * parameters > PRODUCT_LIMIT and length > 1:
            length //= 2
        order = np.concatenate([np.flatnonzero(treated), np.flatnonzero(~treated)])
        sizes = int(treated.sum()), int((~treated).sum())
        return cls(order, sizes, (-(-sizes[0] // length), -(-sizes[1] // length)), length)

    def spread(self, rows: Vector) -> Vector:
        """Return ``rows``, ``(n,)`` or ``(n, k)``, at their positions: ``(blocks, length)`` or ``(blocks, k, length)``."""
        placed = np.zeros((sum(self.blocks) * self.length, *rows.shape[1:]))
        start = self.blocks[0] * self.length
        placed[: self.sizes[0]] = rows[self.order[: self.sizes[0]]]
        placed[start : start + self.sizes[1]] = rows[self.order[self.sizes[0] :]]
        blocked = placed.reshape(sum(self.blocks), self.length, *rows.shape[1:])
        return blocked if rows.ndim == 1 else np.ascontiguousarray(blocked.swapaxes(1, 2))

    def parts(self, arm: int) -> Iterator[slice]:
        """Yield the blocks of an arm (0 for the treated, 1 for the controls), a few at a time."""
        first = arm * self.blocks[0]
        last = first + self.blocks[arm]
        for start in range(first, last, BLOCKS_AT_ONCE):
            yield slice(start, min(start + BLOCKS_AT_ONCE, last))


def seeded_streams(seed: int, replicates: int) -> list[np.random.SeedSequence]:
    """Return a random stream for each tile of replicates, spawned from ``seed``.

    With the same seed, the first replicates of a longer bootstrap are those of a shorter one.
    """
    return np.random.SeedSequence(seed).spawn(-(-replicates // TILE))


def drawn(stream: np.random.SeedSequence, n: int) -> Iterator[NDArray[np.int64]]:
    """Yield the resamples of a tile, ``TILE`` of them in all, a few at a time: ``(some, n)``, indices of subjects.

    Together they equal ``numpy.random.Generator(PCG64(stream)).integers(0, n, size=(TILE, n))``, so anyone can draw
    them again.
    """
    generator = np.random.Generator(np.random.PCG64(stream))
    some = max(1, DRAWN_AT_ONCE // n)
    for first in range(0, TILE, some):
        yield generator.integers(0, n, size=(min(some, TILE - first), n))


def draw_counts(layout: Layout, streams: Sequence[np.random.SeedSequence]) -> Counts:
    """Return how often each resample of the streams' tiles holds each subject, ``(blocks, replicates, length)``."""
    n, blocks = sum(layout.sizes), sum(layout.blocks)
    counts = np.zeros((blocks, TILE * len(streams), layout.length), dtype=np.uint16)
    place = np.zeros(blocks * layout.length, dtype=np.uint16)
    start = layout.blocks[0] * layout.length
    resamples = (resample for stream in streams for some in drawn(stream, n) for resample in some)
    for row, resample in enumerate(resamples):
        times = np.bincount(resample, minlength=n)[layout.order]
        place[: layout.sizes[0]] = times[: layout.sizes[0]]
        place[start : start + layout.sizes[1]] = times[layout.sizes[0] :]
        counts[:, row] = place.reshape(blocks, layout.length)
    return counts


def starting_point(coefficients: Vector) -> Vector:
    """Return coefficients rounded to 20 bits below the largest.

    A replicate starts from the full sample's coefficients. With a wide design their last bits depend on the number of
    threads; the rounded values do not, and they are an equally good start.
    """
    unit = 2.0 ** (np.floor(np.log2(max(float(np.abs(coefficients).max()), 1e-300))) - 20)
    rounded: Vector = np.round(coefficients / unit) * unit
    return rounded


def linear_predictors(coefficients: Vector, columns: Vector) -> Vector:
    """Return the predictors of ``(replicates, k)`` coefficients on ``(blocks, k, length)`` columns.

    Shaped ``(blocks, replicates, length)``.
    """
    tiles = coefficients.reshape(-1, TILE, coefficients.shape[1])
    predictors: Vector = np.matmul(tiles, columns[:, None])
    return predictors.reshape(len(columns), -1, columns.shape[2])


def weighted_sums(weights: Vector, columns: Vector) -> Vector:
    """Return Σ w x over subjects, ``(replicates, k)``, of ``(blocks, k, length)`` columns.

    ``weights`` are ``(blocks, replicates, length)``. The sums of a replicate depend only on its own weights.
    """
    blocks, replicates, length = weights.shape
    width = max(1, PRODUCT_LIMIT // (TILE * length))
    tiles = weights.reshape(blocks, replicates // TILE, TILE, length)
    sums = np.empty((replicates // TILE, TILE, columns.shape[1]))
    for first in range(0, columns.shape[1], width):
        slab = columns[:, None, first : first + width].swapaxes(2, 3)
        np.add.reduce(np.matmul(tiles, slab), axis=0, out=sums[:, :, first : first + width])
    return sums.reshape(replicates, -1)


def packed_products(columns: Vector) -> Vector:
    """Return the products of each pair of columns, ``(blocks, k(k + 1)/2, length)``, upper triangle by rows."""
    blocks, k, length = columns.shape
    products = np.empty((blocks, k * (k + 1) // 2, length))
    first = 0
    for row in range(k):
        after = first + k - row
        np.multiply(columns[:, row : row + 1], columns[:, row:], out=products[:, first:after])
        first = after
    return products


def unpacked(sums: Vector, size: int) -> Vector:
    """Return the symmetric matrices, ``(replicates, size, size)``, whose upper triangles are ``sums`` by rows."""
    matrices = np.empty((len(sums), size, size))
    first = 0
    for row in range(size):
        after = first + size - row
        matrices[:, row, row:] = matrices[:, row:, row] = sums[:, first:after]
        first = after
    return matrices
