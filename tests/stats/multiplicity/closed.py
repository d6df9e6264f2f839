"""Closed tests by brute force: a hypothesis is rejected when every set of hypotheses that holds it is."""

from collections.abc import Callable, Sequence
from itertools import chain, combinations


def closed(p_values: Sequence[float], of_set: Callable[[tuple[int, ...]], float]) -> list[float]:
    """Return each hypothesis' largest p-value over the sets that hold it; ``of_set`` tests one set (Marcus et al. 1976)."""
    places = range(len(p_values))
    sets = list(chain.from_iterable(combinations(places, size) for size in range(1, len(p_values) + 1)))
    return [min(1.0, max(of_set(one) for one in sets if place in one)) for place in places]


def least_share(p_values: Sequence[float]) -> Callable[[tuple[int, ...]], float]:
    """Return Bonferroni's p-value of a set."""
    return lambda chosen: len(chosen) * min(p_values[place] for place in chosen)


def simes(p_values: Sequence[float]) -> Callable[[tuple[int, ...]], float]:
    """Return Simes' p-value of a set (Simes 1986)."""

    def of_set(chosen: tuple[int, ...]) -> float:
        rising = sorted(p_values[place] for place in chosen)
        return min(len(chosen) * value / rank for rank, value in enumerate(rising, start=1))

    return of_set


def weighted(
    p_values: Sequence[float], weights: Sequence[float], transitions: Sequence[Sequence[float]]
) -> Callable[[tuple[int, ...]], float]:
    """Return the p-value of a set by the weights that the graph gives it once all others are rejected."""

    def of_set(chosen: tuple[int, ...]) -> float:
        shares = list(weights)
        passed = [list(row) for row in transitions]
        for gone in range(len(weights)):
            if gone not in chosen:
                shares, passed = _removed(shares, passed, gone)
        return min((p_values[one] / shares[one] for one in chosen if shares[one] > 0), default=1.0)

    return of_set


def _removed(
    shares: list[float], passed: list[list[float]], gone: int
) -> tuple[list[float], list[list[float]]]:
    """Return weights and transitions without a hypothesis, element by element as the paper writes them."""
    size = len(shares)
    after = [shares[one] + shares[gone] * passed[gone][one] for one in range(size)]
    after[gone] = 0.0
    arrows = [[0.0] * size for _ in range(size)]
    for start in range(size):
        for end in range(size):
            loop = passed[start][gone] * passed[gone][start]
            if start != end and gone not in (start, end) and loop < 1:
                arrows[start][end] = (passed[start][end] + passed[start][gone] * passed[gone][end]) / (
                    1 - loop
                )
    return after, arrows
