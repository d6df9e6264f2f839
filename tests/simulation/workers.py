"""Simulations spread over the processors, in the order of their index."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

from threadpoolctl import threadpool_limits

Result = TypeVar("Result")

CHUNK = 50


def simulated(one: Callable[[int], Result], simulations: int) -> list[Result]:
    """Return ``one(index)`` for every index below ``simulations``; it must be importable by name."""
    starts = range(0, simulations, CHUNK)
    processes = min(2, os.cpu_count() or 1)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        chunks = pool.map(partial(_some, one, simulations), starts)
        return [result for chunk in chunks for result in chunk]


def _some(one: Callable[[int], Result], simulations: int, start: int) -> list[Result]:
    with threadpool_limits(limits=1):
        return [one(index) for index in range(start, min(start + CHUNK, simulations))]
