"""Attribution: how much of a change each of several parts made, whatever the order in which they changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial, fsum

from medicore.errors import EstimationError

Values = Mapping[frozenset[str], float]
"""The value when these parts are changed and the others are not; a combination that has none is left out."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """How much of a change one part made; several ``parts`` where they cannot be told apart."""

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

    Where combinations have no value, parts are joined into as many blocks as the others allow, and the blocks
    are the players (the quotient game of Owen, 1977); of equally many, those that join earlier parts.

    Raises
    ------
    EstimationError
        When the value with all parts changed, or with none, is missing.
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
    """Yield every way of dividing parts into blocks."""
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
