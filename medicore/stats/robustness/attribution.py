"""Attribution: the contribution of each of several parts to a change, averaged over the orders of change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial, fsum

from medicore.errors import EstimationError

Values = Mapping[frozenset[str], float]
"""The value for each set of changed parts; sets without a value are left out."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """The contribution of one part to a change; of several ``parts`` together when they cannot be separated."""

    parts: tuple[str, ...]
    value: float


def shapley_values(values: Values, blocks: Sequence[frozenset[str]]) -> tuple[float, ...]:
    """Return each block's Shapley value, in the unit of ``values``: its mean effect over all orders of change.

    φ_i = Σ_S |S|!(k − |S| − 1)!/k! [v(S ∪ i) − v(S)] over the sets S of other blocks (Shapley, 1953;
    Lundberg & Lee, 2017, equation 4). They add up to v(all) − v(none).
    """
    k = len(blocks)
    found = []
    for block in blocks:
        others = [other for other in blocks if other != block]
        terms = []
        for size in range(k):
            weight = factorial(size) * factorial(k - size - 1) / factorial(k)
            for chosen in combinations(others, size):
                before = frozenset[str]().union(*chosen)
                terms.append(weight * (values[before | block] - values[before]))
        found.append(fsum(terms))
    return tuple(found)


def attribute(values: Values, parts: Sequence[str]) -> tuple[Contribution, ...]:
    """Return what each part contributed to v(all) − v(none), in the order of ``parts``.

    Where combinations have no value, parts are merged into blocks, and the blocks are the players (the quotient game of
    Owen, 1977). The partition has as many blocks as possible; among several, it is the one that merges earlier parts.

    Raises
    ------
    EstimationError
        When the value for all parts, or for no part, is missing.
    """
    for end in (frozenset[str](), frozenset(parts)):
        if end not in values:
            raise EstimationError(
                "a change is attributed between two known values, and one of them could not be computed; "
                "expected both runs to reproduce; try 'medicore reproduce' on each"
            )
    partitions = sorted(_partitions(tuple(parts)), key=len, reverse=True)
    blocks = next(one for one in partitions if all(union in values for union in _unions(one)))
    ordered = sorted(blocks, key=lambda block: min(parts.index(part) for part in block))
    return tuple(
        Contribution(tuple(part for part in parts if part in block), value)
        for block, value in zip(ordered, shapley_values(values, ordered), strict=True)
    )


def _partitions(parts: tuple[str, ...]) -> Iterator[list[frozenset[str]]]:
    """Yield every partition of the parts into blocks."""
    if not parts:
        yield []
        return
    first = frozenset(parts[:1])
    for blocks in _partitions(parts[1:]):
        yield [first, *blocks]
        for place, block in enumerate(blocks):
            yield [*blocks[:place], block | first, *blocks[place + 1 :]]


def _unions(blocks: Sequence[frozenset[str]]) -> Iterator[frozenset[str]]:
    for size in range(len(blocks) + 1):
        for chosen in combinations(blocks, size):
            yield frozenset[str]().union(*chosen)
