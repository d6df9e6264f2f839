"""Simulations spread over the processors, in the order of their index."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from typing import TypeVar

from threadpoolctl import threadpool_limits

Result = TypeVar("Result")

CHUNK = 50
"""The most simulations that a process is given at a time."""
PROCESSES = min(2, os.cpu_count() or 1)


def simulated(one: Callable[[int], Result], simulations: int) -> list[Result]:
    """Return ``one(index)`` for every index below ``simulations``; it must be importable by name."""
    size = min(CHUNK, -(-simulations // (4 * PROCESSES)))
    chunks = [range(start, min(start + size, simulations)) for start in range(0, simulations, size)]
    return [result for made in _pool().map(partial(_some, one), chunks) for result in made]


@cache
def _pool() -> ProcessPoolExecutor:
    """Return the processes, which are started once: to load the project takes each of them seconds."""
    return ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"))


def _some(one: Callable[[int], Result], indices: range) -> list[Result]:
    with threadpool_limits(limits=1):
        return [one(index) for index in indices]
