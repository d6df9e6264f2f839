"""Adjusted p-values without a graph: the closed tests that they shorten, by hand, and what they refuse."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import EstimationError
from medicore.stats.multiplicity.bonferroni import bonferroni
from medicore.stats.multiplicity.false_discovery import benjamini_hochberg, benjamini_yekutieli
from medicore.stats.multiplicity.fixed_sequence import fixed_sequence
from medicore.stats.multiplicity.hochberg import hochberg
from medicore.stats.multiplicity.holm import holm
from medicore.stats.multiplicity.hommel import hommel
from tests.stats.multiplicity.closed import closed, least_share, simes

Adjustment = Callable[[Sequence[float]], tuple[float, ...]]
EVERY: tuple[Adjustment, ...] = (
    bonferroni, holm, hochberg, hommel, benjamini_hochberg, benjamini_yekutieli, fixed_sequence,
)  # fmt: skip
UNORDERED = EVERY[:-1]
EXACT = 1e-12
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=6)


@given(P_VALUES)
def test_holm_is_the_closed_test_by_bonferroni(p_values: list[float]) -> None:
    """Over all sets of hypotheses, each tested by its smallest p-value times its size."""
    assert holm(p_values) == pytest.approx(closed(p_values, least_share(p_values)), abs=EXACT)


@given(P_VALUES)
def test_hommel_is_the_closed_test_by_simes(p_values: list[float]) -> None:
    """Over all sets of hypotheses, each tested by Simes."""
    assert hommel(p_values) == pytest.approx(closed(p_values, simes(p_values)), abs=EXACT)


@given(P_VALUES)
def test_the_methods_are_ordered_by_their_power(p_values: list[float]) -> None:
    """The p-value ≤ Benjamini–Hochberg ≤ Hommel ≤ Hochberg ≤ Holm ≤ Bonferroni, for each hypothesis."""
    found = [
        np.array(p_values),
        *(np.array(method(p_values)) for method in (benjamini_hochberg, hommel, hochberg, holm, bonferroni)),
    ]
    for lower, upper in pairwise(found):
        assert (lower <= upper + EXACT).all()


@given(P_VALUES)
def test_hochberg_is_its_definition(p_values: list[float]) -> None:
    """The k-th smallest is the smallest of (m − j + 1)·p(j) from k on, written out."""
    rising = sorted(p_values)
    total = len(rising)
    by_hand = [min(1.0, *((total - j) * rising[j] for j in range(k, total))) for k in range(total)]
    assert sorted(hochberg(p_values)) == pytest.approx(by_hand, abs=EXACT)


@given(P_VALUES)
def test_the_false_discovery_rate_is_its_definition(p_values: list[float]) -> None:
    """The k-th smallest is the smallest of m·p(j)/j from k on; for any dependence times the harmonic sum."""
    rising = sorted(p_values)
    total = len(rising)
    harmonic = sum(1 / j for j in range(1, total + 1))
    for method, factor in ((benjamini_hochberg, 1.0), (benjamini_yekutieli, harmonic)):
        by_hand = [
            min(1.0, *(factor * total * rising[j] / (j + 1) for j in range(k, total))) for k in range(total)
        ]
        assert sorted(method(p_values)) == pytest.approx(by_hand, abs=EXACT)


@pytest.mark.parametrize("method", UNORDERED)
@given(p_values=P_VALUES, seed=st.integers(0, 2**32 - 1))
def test_the_order_of_hypotheses_does_not_matter(
    method: Adjustment, p_values: list[float], seed: int
) -> None:
    """Every hypothesis keeps its adjusted p-value wherever it stands."""
    order = np.random.default_rng(seed).permutation(len(p_values))
    moved = method([p_values[place] for place in order])
    assert moved == pytest.approx([method(p_values)[place] for place in order], abs=EXACT)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (bonferroni, (0.04, 0.12, 0.08, 1.0)),
        (holm, (0.04, 0.06, 0.06, 0.5)),
        (hochberg, (0.04, 0.06, 0.06, 0.5)),
        (hommel, (0.04, 0.06, 0.045, 0.5)),
        (benjamini_hochberg, (0.04, 0.04, 0.04, 0.5)),
        (benjamini_yekutieli, (1 / 12, 1 / 12, 1 / 12, 1.0)),
        (fixed_sequence, (0.01, 0.03, 0.03, 0.5)),
    ],
)
def test_four_hypotheses_by_hand(method: Adjustment, expected: tuple[float, ...]) -> None:
    """The p-values 0.01, 0.03, 0.02 and 0.5."""
    assert method([0.01, 0.03, 0.02, 0.5]) == pytest.approx(expected, abs=EXACT)


@pytest.mark.parametrize("method", EVERY)
def test_what_is_no_probability_is_refused(method: Adjustment) -> None:
    """None, numbers outside 0 to 1, and NaN have no adjustment; 0 and 1 have."""
    for wrong in ([], [0.1, 1.1], [-0.1], [float("nan")]):
        with pytest.raises(EstimationError, match="p-values"):
            method(wrong)
    with pytest.raises(EstimationError, match=r"2 of 3 p-values are outside 0 to 1"):
        method([0.1, 1.1, float("nan")])
    assert method([0.0, 1.0]) == (0.0, 1.0)


@pytest.mark.parametrize("method", EVERY)
def test_one_hypothesis_is_not_adjusted(method: Adjustment) -> None:
    """A family of one is its p-value."""
    assert method([0.03]) == (0.03,)
