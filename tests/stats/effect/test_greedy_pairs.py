"""Greedy pairs are those of a search through everybody, ties and calipers included, and cost far less."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from medicore.errors import EstimationError
from medicore.stats.effect.greedy_pairs import greedy_pairs
from medicore.stats.effect.matching import match_without_replacement

Vector = NDArray[np.float64]


def by_search(seekers: Vector, pool: Vector, limit: float) -> list[tuple[int, int]]:
    """Return the pairs by comparing each seeker with everybody who is left."""
    free, found = np.ones(len(pool), dtype=bool), []
    for number, seeker in enumerate(seekers):
        distance = np.where(free, np.abs(pool - seeker), np.inf)
        nearest = int(np.argmin(distance))
        if free[nearest] and distance[nearest] <= limit:
            free[nearest] = False
            found.append((number, nearest))
    return found


# Coarse positions bring ties; tiny ones beside whole ones bring distinct positions that are equally far by rounding.
coarse = st.integers(-6, 6).map(lambda number: number / 4)
tiny = st.integers(-6, 6).map(lambda number: number * 2.0**-55)
fine = st.floats(-3, 3, allow_nan=False)
beside = st.builds(lambda one, two: one + two, st.sampled_from([-1.0, 0.0, 1.0]), tiny)
positions = st.lists(st.one_of(coarse, tiny, beside, fine), min_size=1, max_size=40)
limits = st.one_of(st.just(np.inf), st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.floats(0, 2))


@settings(max_examples=500)
@example(seekers=[2.0, 0.0], pool=[-(2.0**-60), 0.0, 9.0], limit=np.inf)
@given(seekers=positions, pool=positions, limit=limits)
def test_pairs_are_those_of_a_search_through_everybody(
    seekers: list[float], pool: list[float], limit: float
) -> None:
    """The same seekers find the same partners, whatever is tied, taken or out of reach."""
    falling, others = np.array(sorted(seekers, reverse=True)), np.array(pool)
    assert [*greedy_pairs(falling, others, limit)] == by_search(falling, others, limit)


@pytest.mark.parametrize("step", [1.0, 2.0**-60])
def test_everybody_tied_is_taken_in_the_order_of_the_rows(step: float) -> None:
    """Where all are equally far, by position or by rounding, the earliest row that is left is the partner."""
    pool = np.arange(7)[::-1] * step if step < 1 else np.full(7, step)
    assert [*greedy_pairs(np.full(8, 2.0), pool, np.inf)] == [(number, number) for number in range(7)]


def test_nobody_left_and_nobody_at_all_give_no_pair() -> None:
    """An empty pool has no partner; a pool that is used up has none for the rest."""
    assert [*greedy_pairs(np.array([1.0]), np.array([]), np.inf)] == []
    assert [*greedy_pairs(np.array([1.0, 0.0]), np.array([5.0]), np.inf)] == [(0, 0)]
    treated = np.array([True, False])
    with pytest.raises(EstimationError, match=r"found 0 pair\(s\)"):
        match_without_replacement(treated, np.array([1.0, 2.0]), np.array([0.0, 1.0]), caliper=0.5)


class Counted(np.ndarray):
    """An array that counts the elements on which numpy computes."""

    elements = 0

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **more: Any) -> Any:
        """Compute as any array does, and count."""
        plain = [np.asarray(given) if isinstance(given, Counted) else given for given in inputs]
        Counted.elements += max(np.size(given) for given in plain)
        made = getattr(ufunc, method)(*plain, **more)
        return made.view(Counted) if isinstance(made, np.ndarray) else made


@contextmanager
def counted_lines(counts: list[int], *files: str) -> Iterator[None]:
    """Count in ``counts[0]`` the lines that run in modules of these names."""

    def line(frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG001
        counts[0] += event == "line"
        return line

    def enter(frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG001
        return line if frame.f_code.co_filename.endswith(files) else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("decimals", [0, 1, 12])
def test_work_grows_with_the_subjects_and_not_with_their_square(decimals: int) -> None:
    """Eight times as many subjects, tied or not, cost at most fourteen times the lines and elements of the work."""
    work = []
    for size in (200, 1600):
        chance = np.random.Generator(np.random.PCG64(17))
        treated = np.arange(size) % 2 == 0
        position = np.round(chance.normal(size=size) + 0.3 * treated, decimals).view(Counted)
        Counted.elements, lines = 0, [0]
        with counted_lines(lines, "matching.py", "greedy_pairs.py"):
            match_without_replacement(treated, chance.normal(size=size), position)
        work.append(lines[0] + Counted.elements)
    assert work[0] > 200
    assert work[1] < 14 * work[0]
