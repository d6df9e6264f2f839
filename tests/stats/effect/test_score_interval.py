"""The score interval of a risk difference: published numbers, and its own definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import ndtri, xlogy

from medicore.errors import EstimationError
from medicore.stats.effect.score_interval import score_interval

PRINTED = 5e-5


def test_published_intervals() -> None:
    """Newcombe (1998, table II, method 6) prints these intervals, which ``test_risk_differences`` recomputes by a search."""
    for events, sizes, low, high in (
        ((56, 48), (70, 80), 0.0528, 0.3382),
        ((9, 3), (10, 10), 0.1700, 0.8406),
        ((5, 0), (56, 29), -0.0326, 0.1933),
    ):
        found = score_interval(events, sizes, 0.95)
        assert (found.low, found.high) == pytest.approx((low, high), abs=PRINTED)


@given(
    sizes=st.tuples(st.integers(1, 80), st.integers(1, 80)),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_it_holds_the_difference_and_turns_with_the_arms(
    sizes: tuple[int, int], shares: tuple[float, float]
) -> None:
    """The interval is within −1 and 1, holds the difference, and is the mirror image when the arms are exchanged."""
    events = round(sizes[0] * shares[0]), round(sizes[1] * shares[1])
    found = score_interval(events, sizes, 0.95)
    turned = score_interval(events[::-1], sizes[::-1], 0.95)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-9)
    assert turned.p_value == pytest.approx(found.p_value, abs=1e-9)
    assert 0 <= found.p_value <= 1


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(
    ("events", "sizes"), [((3, 11), (40, 52)), ((0, 4), (50, 60)), ((7, 34), (34, 34)), ((60, 55), (60, 60))]
)
def test_the_ends_are_where_the_best_risks_are_just_rejected(
    events: tuple[int, int], sizes: tuple[int, int], level: float
) -> None:
    """At each end the score, at risks found by a search of the likelihood, is the normal quantile.

    statsmodels 0.15 finds other ends, also where they are published: it is no witness here.
    """
    found = score_interval(events, sizes, level)
    total = sum(sizes)
    for delta in (found.low, found.high):

        def loss(zero: float, at: float = delta) -> float:
            risks = np.array([zero + at, zero])
            counts, of = np.array(events), np.array(sizes)
            return -float((xlogy(counts, risks) + xlogy(of - counts, 1 - risks)).sum())

        inside = (max(0, -delta) + 1e-12, min(1, 1 - delta) - 1e-12)
        zero = minimize_scalar(loss, bounds=inside, method="bounded", options={"xatol": 1e-12}).x
        risks = np.array([zero + delta, zero])
        variance = float((risks * (1 - risks) / np.array(sizes)).sum()) * total / (total - 1)
        assert abs(found.value - delta) / np.sqrt(variance) == pytest.approx(ndtri(0.5 + level / 2), abs=1e-5)


def test_an_arm_without_subjects_is_refused() -> None:
    """There is no risk of nobody, and no more events than subjects."""
    for events, sizes in (((0, 0), (0, 5)), ((6, 0), (5, 5)), ((-1, 0), (5, 5))):
        with pytest.raises(EstimationError, match="events of"):
            score_interval(events, sizes, 0.95)
