"""Greedy pairs: each subject in turn takes the nearest partner that is left, in time that grows as n log n."""

from bisect import bisect_left
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def greedy_pairs(seekers: Vector, pool: Vector, limit: float) -> Iterator[tuple[int, int]]:
    """Yield the place of each seeker that finds a partner, and the place of that partner in the pool.

    ``seekers``, ``(n,)``, are positions in falling order; each takes the nearest of ``pool``, ``(m,)``, that is left,
    of equally near ones the one of the lowest place, if it is no farther than ``limit``. Distances are compared as
    they are in floating point, where distinct positions may be equally far.

    Rounding keeps order, so distances grow on either side of a seeker. Those who are no farther than the nearest one
    left are therefore neighbours in the sorted pool, and the lowest place among them is the answer.
    """
    order = np.argsort(pool, kind="stable")
    positions: list[float] = pool[order].tolist()
    left = _Left(order)
    split = below = len(
        positions
    )  # the first who is not below the seeker, and the nearest left of those who are
    above: list[int] = []  # all who are not below, the nearest last
    for number, seeker in enumerate(seekers.tolist()):
        while split and positions[split - 1] >= seeker:
            split -= 1
            above.append(split)
        below = min(below, split - 1)
        while below >= 0 and not left.has(below):
            below -= 1
        while above and not left.has(above[-1]):
            above.pop()
        near = ([above[-1]] if above else []) + ([below] if below >= 0 else [])
        if not near:
            return
        distance = min(abs(positions[rank] - seeker) for rank in near)
        if distance <= limit:
            yield number, left.take(*_within(positions, split, seeker, distance))


def _within(positions: list[float], split: int, seeker: float, distance: float) -> tuple[int, int]:
    """Return first and end of those no farther than ``distance``; ``split`` is the first not below the seeker."""
    first = bisect_left(positions, True, hi=split, key=lambda position: seeker - position <= distance)
    end = bisect_left(positions, True, lo=split, key=lambda position: position - seeker > distance)
    return first, end


class _Left:
    """Who is left of a sorted pool: a tree whose every node knows the lowest place in the pool below it."""

    def __init__(self, order: NDArray[np.intp]) -> None:
        self._size = len(order)
        self._sorted = np.argsort(order).tolist()
        self._lowest: list[int] = [self._size] * self._size + order.tolist()
        for node in reversed(range(1, self._size)):
            self._look(node)

    def has(self, rank: int) -> bool:
        """Say whether the one of that rank is left."""
        return self._lowest[self._size + rank] < self._size

    def take(self, first: int, end: int) -> int:
        """Take the lowest place among those left whose rank is in ``first`` to ``end``, exclusive, and return it."""
        found, start, stop = self._size, self._size + first, self._size + end
        while start < stop:
            if start % 2:
                found = min(found, self._lowest[start])
            if stop % 2:
                found = min(found, self._lowest[stop - 1])
            start, stop = (start + 1) // 2, stop // 2
        self._remove(self._size + self._sorted[found])
        return found

    def _remove(self, node: int) -> None:
        self._lowest[node] = self._size
        while node := node // 2:
            self._look(node)

    def _look(self, node: int) -> None:
        """Let a node know the lowest place that the two below it know."""
        self._lowest[node] = min(self._lowest[2 * node], self._lowest[2 * node + 1])
