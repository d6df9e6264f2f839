"""Studies that between them declare every two values of a protocol's keys that are offered together."""

import json
from collections.abc import Iterator
from functools import cache
from itertools import combinations, product

import numpy as np

from tests.steps.combinations import BASES, VALUES, Choice, pairs_of, problems, whole


@cache
def offered() -> frozenset[tuple[tuple[str, str], tuple[str, str]]]:
    """Return every two values that some study may declare together."""
    return frozenset(
        pair for pair in every_pair() if any(not problems({**base, **dict(pair)}) for base in BASES)
    )


def every_pair() -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yield every two values of different keys."""
    for one, other in combinations(VALUES, 2):
        for pair in product(VALUES[one], VALUES[other]):
            yield (one, pair[0]), (other, pair[1])


@cache
def studies() -> tuple[str, ...]:
    """Return studies, as JSON of their choices, that declare every two offered values together at least once."""
    chance, left, found = np.random.default_rng(3), set(offered()), []
    while left:
        first = min(left)
        best = max((_grown(first, chance) for _ in range(6)), key=lambda one: len(left & set(pairs_of(one))))
        left -= set(pairs_of(best))
        found.append(json.dumps(best))
    return tuple(found)


def _grown(pair: tuple[tuple[str, str], tuple[str, str]], chance: np.random.Generator) -> Choice:
    """Return a study with these two values, and with as many other values changed as it can declare beside them."""
    bases = [one for one in BASES if not problems({**one, **dict(pair)})]
    base = bases[chance.integers(len(bases))]
    made = {**base, **dict(pair)}
    for key in chance.permutation(list(VALUES)).tolist():
        if key not in dict(pair):
            changed = {**made, key: VALUES[key][chance.integers(len(VALUES[key]))]}
            made = made if problems(changed) else changed
    return whole(made)
