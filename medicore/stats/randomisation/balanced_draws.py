"""Resamples of a study whose scheme balances the arms within strata."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medicore.stats.bootstrap.resampling import TILE, Counts, Layout
from medicore.stats.given import checked
from medicore.stats.randomisation.randomisation_scheme import Randomisation

Whole = NDArray[np.intp]


@checked
def draw_balanced(
    layout: Layout,
    treated: NDArray[np.bool_],
    randomisation: Randomisation,
    streams: Sequence[np.random.SeedSequence],
) -> Counts:
    """Return how often each resample of the streams' tiles holds each subject, ``(blocks, replicates, length)``.

    The sizes of the strata are drawn, as they are of patients; within each the treated have the share that they have in
    the study, rounded up or down at random, and are drawn with replacement from the stratum's treated, the others from
    its controls (Shao, Yu & Zhong, 2010, section 3). Drawing from both arms together would add an imbalance that the
    scheme rules out.
    """
    arm = np.where(treated, 0, 1)
    cells = randomisation.cells(arm, 2)
    order = np.argsort(randomisation.strata * 2 + arm, kind="stable")
    place = np.empty(len(treated), dtype=np.intp)
    place[layout.order] = _positions(layout)
    made = np.zeros((TILE * len(streams), sum(layout.blocks) * layout.length), dtype=np.uint16)
    for tile, stream in enumerate(streams):
        generator = np.random.Generator(np.random.PCG64(stream))
        for row in range(TILE):
            chosen = order[_drawn(generator, cells)]
            times = np.bincount(chosen, minlength=len(treated))
            made[tile * TILE + row, place] = times
    counts: Counts = np.ascontiguousarray(
        made.reshape(len(made), sum(layout.blocks), layout.length).swapaxes(0, 1)
    )
    return counts


def _drawn(generator: np.random.Generator, cells: Whole) -> Whole:
    """Return the places, among subjects sorted by stratum and arm, of one resample; ``cells`` is ``(strata, 2)``."""
    sizes = cells.sum(axis=1)
    strata = generator.multinomial(int(sizes.sum()), sizes / sizes.sum())
    wanted = strata * cells[:, 0] / sizes
    treated = np.floor(wanted + generator.random(len(sizes))).astype(np.intp)
    times = np.column_stack([treated, strata - treated]).ravel()
    starts = np.concatenate([[0], np.cumsum(cells.ravel())[:-1]])
    within = generator.random(int(times.sum())) * np.repeat(cells.ravel(), times)
    found: Whole = np.repeat(starts, times) + within.astype(np.intp)
    return found


def _positions(layout: Layout) -> Whole:
    """Return the position of each subject of ``layout.order``, ``(n,)``."""
    first = layout.blocks[0] * layout.length
    return np.concatenate([np.arange(layout.sizes[0]), first + np.arange(layout.sizes[1])])
