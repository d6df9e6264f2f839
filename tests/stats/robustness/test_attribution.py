"""Attribution: shares of a change that do not depend on an order and add up to the whole."""

from itertools import combinations, permutations
from math import isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.robustness.attribution import Contribution, attribute, shapley_values

PARTS = ("data", "protocol", "code")
ROUNDING = 1e-12
"""Relative to the largest value that goes into a sum of at most eight."""


def subsets(parts: tuple[str, ...]) -> list[frozenset[str]]:
    """Return all sets of parts."""
    return [frozenset(chosen) for size in range(len(parts) + 1) for chosen in combinations(parts, size)]


games = st.lists(
    st.floats(-1e3, 1e3, allow_nan=False), min_size=2 ** len(PARTS), max_size=2 ** len(PARTS)
).map(lambda drawn: dict(zip(subsets(PARTS), drawn, strict=True)))


@given(games)
def test_mean_over_all_orders(values: dict[frozenset[str], float]) -> None:
    """Each part's share is its mean effect over the orders in which the parts can change, one after the other."""
    steps: dict[str, list[float]] = {part: [] for part in PARTS}
    for order in permutations(PARTS):
        for place, part in enumerate(order):
            steps[part].append(values[frozenset(order[: place + 1])] - values[frozenset(order[:place])])
    for found, part in zip(attribute(values, PARTS), PARTS, strict=True):
        assert found.parts == (part,)
        assert isclose(found.value, float(np.mean(steps[part])), rel_tol=0, abs_tol=ROUNDING * 1e3)


@given(games, st.sets(st.sampled_from([s for s in subsets(PARTS) if 0 < len(s) < len(PARTS)])))
def test_shares_add_up_whatever_is_missing(
    values: dict[frozenset[str], float], missing: set[frozenset[str]]
) -> None:
    """With any combinations missing, every part is in one share and the shares add up to the whole change."""
    known = {one: value for one, value in values.items() if one not in missing}
    found = attribute(known, PARTS)
    assert sorted(part for one in found for part in one.parts) == sorted(PARTS)
    whole = values[frozenset(PARTS)] - values[frozenset()]
    assert isclose(sum(one.value for one in found), whole, rel_tol=0, abs_tol=ROUNDING * 1e3)


def test_multiplied_and_added_changes() -> None:
    """Of v = 1.1^c (2 + p/4 + d), data have 1.05, the protocol 0.2625, and the code a tenth of 2 + 1/8 + 1/2."""
    values = {
        s: (1.1 if "code" in s else 1.0) * (2.0 + 0.25 * ("protocol" in s) + ("data" in s))
        for s in subsets(PARTS)
    }
    found = attribute(values, PARTS)
    assert [one.value for one in found] == pytest.approx([1.05, 0.2625, 0.2625], rel=ROUNDING)


@pytest.mark.parametrize(
    ("missing", "shares"),
    [
        ([{"data"}], [("data", "protocol"), ("code",)]),
        ([{"data"}, {"code"}], [("data", "code"), ("protocol",)]),
        ([{"protocol"}, {"protocol", "data"}], [("data",), ("protocol", "code")]),
        ([{"data"}, {"protocol"}, {"code"}], [("data", "protocol", "code")]),
    ],
)
def test_joined_parts(missing: list[set[str]], shares: list[tuple[str, ...]]) -> None:
    """Parts are joined only as far as the missing combinations ask, data with the protocol before the code."""
    values = {s: float(len(s)) for s in subsets(PARTS) if s not in missing}
    found = attribute(values, PARTS)
    assert [one.parts for one in found] == shares
    assert [one.value for one in found] == [float(len(share)) for share in shares]


def test_one_part_and_none() -> None:
    """A single part made the whole change, and where no part changed there is nothing to share out."""
    both = {frozenset[str](): 1.0, frozenset({"data"}): 4.0}
    assert attribute(both, ("data",)) == (Contribution(("data",), 3.0),)
    assert attribute(both, ()) == ()
    assert shapley_values(both, ()) == ()


def test_missing_end_is_refused() -> None:
    """Without the value of one of the two runs there is no change to attribute."""
    with pytest.raises(EstimationError, match="one of them could not be computed"):
        attribute({frozenset(): 1.0}, ("data",))
