"""What one process finds out about one contestant.

Time is the processor's, which on one thread is that of the wall less what other programs took.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timed:
    """Processor seconds of so many bootstrap replicates, and the full sample's estimate by the same code."""

    seconds: float
    replicates: int
    estimate: float


def timed_loop(full: float, replicate: Callable[[int], float], replicates: int) -> Timed:
    """Return the time of a plain loop over ``replicate(seed)``; a first one, not timed, pays for late imports."""
    replicate(replicates)
    started = time.process_time()
    for seed in range(replicates):
        replicate(seed)
    return Timed(time.process_time() - started, replicates, full)
