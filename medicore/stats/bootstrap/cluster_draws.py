"""Resamples of whole clusters, as of sites."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medicore.stats.bootstrap.resampling import TILE, Counts, Layout

Whole = NDArray[np.intp]


def draw_clusters(layout: Layout, clusters: Whole, streams: Sequence[np.random.SeedSequence]) -> Counts:
    """Return how often each resample of the streams' tiles holds each subject, ``(blocks, replicates, length)``.

    As many clusters as there are, numbered from 0 in ``clusters``, ``(n,)``, are drawn with replacement, each with all of
    its subjects (Davison & Hinkley, 1997, section 3.8; Field & Welsh, 2007). Resamples differ in their number of subjects.
    """
    number, blocks = int(clusters.max()) + 1, sum(layout.blocks)
    at = layout.spread(np.arange(1.0, len(clusters) + 1)).astype(np.intp) - 1
    counts = np.zeros((blocks, TILE * len(streams), layout.length), dtype=np.uint16)
    for tile, stream in enumerate(streams):
        chosen = np.random.Generator(np.random.PCG64(stream)).integers(0, number, size=(TILE, number))
        for row, resample in enumerate(chosen):
            times = np.bincount(resample, minlength=number)[clusters]
            counts[:, tile * TILE + row] = np.where(at >= 0, times[at], 0)
    return counts
