"""Incidence in an arm: counts and rates by hand, an exact interval, invariances, and its coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from medicore.errors import EstimationError
from medicore.stats.safety.incidence import DAYS_OF_A_YEAR, incidence

EXACT = 1e-10


def made(days: list[int], events: list[tuple[int, int]], level: float = 0.95) -> object:
    """Return the incidence of events given as subject and day."""
    table = np.array(events, dtype=np.int64).reshape(-1, 2)
    return incidence(np.array(days, dtype=np.int64), table[:, 0], table[:, 1], level)


def test_the_rates_are_those_by_hand() -> None:
    """Time ends at the first event for the incidence, and not for the events; each subject counts once."""
    found = made([100, 200, 300, 400], [(1, 50), (1, 20), (3, 400)])
    years = (100 + 20 + 300 + 400) / 365.25
    assert (found.subjects, found.share, found.events) == (2, 0.5, 3)
    assert found.years == pytest.approx(years, abs=EXACT)
    assert found.incidence_rate == pytest.approx(100 * 2 / years, abs=EXACT)
    assert found.event_rate == pytest.approx(100 * 3 / (1000 / 365.25), abs=EXACT)


@pytest.mark.parametrize("count", [0, 1, 4, 25])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_interval_is_the_exact_one_of_other_software(count: int, level: float) -> None:
    """The exact interval of a Poisson rate by statsmodels is the same, also where nobody has an event."""
    from statsmodels.stats.rates import confint_poisson

    days = [30 * (1 + place) for place in range(40)]
    found = made(days, [(place, 10) for place in range(count)], level)
    exposure = (sum(days[count:]) + 10 * count) / DAYS_OF_A_YEAR
    low, high = confint_poisson(count, exposure, method="exact-c", alpha=1 - level)
    assert found.incidence_low == pytest.approx(0 if count == 0 else 100 * low, rel=EXACT)
    assert found.incidence_high == pytest.approx(100 * high, rel=EXACT)


subjects = st.lists(st.integers(1, 500), min_size=1, max_size=20)


@given(days=subjects, events=st.lists(st.tuples(st.integers(0, 19), st.integers(1, 500)), max_size=30))
def test_a_loop_over_subjects_finds_the_same(days: list[int], events: list[tuple[int, int]]) -> None:
    """A plain loop gives counts and time; neither order nor a later event of a subject changes the incidence rate."""
    at_risk = [(who, day) for who, day in events if who < len(days) and day <= days[who]]
    found = made(days, at_risk)
    first: dict[int, int] = {}
    for who, day in at_risk:
        first[who] = min(day, first.get(who, day))
    time = sum(first.get(who, whole) for who, whole in enumerate(days))
    assert (found.subjects, found.events) == (len(first), len(at_risk))
    assert found.years == pytest.approx(time / DAYS_OF_A_YEAR, rel=EXACT)
    assert found.incidence_low <= found.incidence_rate <= found.incidence_high
    again = made(days, [*reversed(at_risk), *((who, days[who]) for who in first)])
    assert again.incidence_rate == pytest.approx(found.incidence_rate, rel=EXACT)


@pytest.mark.parametrize("expected", [2.0, 6.0, 20.0])
def test_the_interval_covers(expected: float) -> None:
    """Over the Poisson numbers of subjects with an event, the expected number is held with the level at least."""
    days = [365] * 400
    years = 400 * 365 / DAYS_OF_A_YEAR
    held = 0.0
    for count in range(120):
        found = made(days, [(place, 365) for place in range(count)])
        low, high = found.incidence_low * years / 100, found.incidence_high * years / 100
        held += float(poisson.pmf(count, expected)) * (low <= expected <= high)
    assert 0.95 <= held <= 0.995


def test_nobody_at_risk_has_no_rate() -> None:
    """An arm without subjects has counts of 0 and neither share nor rate."""
    found = made([], [])
    assert (found.subjects, found.events, found.years) == (0, 0, 0.0)
    assert {
        found.share,
        found.incidence_rate,
        found.incidence_low,
        found.incidence_high,
        found.event_rate,
    } == {None}


@pytest.mark.parametrize(
    ("days", "events", "said"),
    [
        ([10, 0], [], "1 subject"),
        ([10], [(1, 1)], "outside"),
        ([10], [(-1, 1)], "outside"),
        ([10], [(0, 0)], "outside"),
        ([10], [(0, 11)], "outside"),
        ([10, 10], [(0, 5), (2, 5)], "outside"),
        ([10, 10], [(1, 5), (-1, 5)], "outside"),
        ([10, 10], [(0, 5), (1, 0)], "outside"),
        ([10, 10], [(0, 5), (1, 11)], "outside"),
    ],
)
def test_what_is_not_at_risk_is_refused(days: list[int], events: list[tuple[int, int]], said: str) -> None:
    """Less than a day at risk, and an event of nobody or outside its subject's time, stop the count."""
    with pytest.raises(EstimationError, match=said):
        made(days, events)
