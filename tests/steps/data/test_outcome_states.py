"""An outcome is observed, missing or not yet due at the lock, and each strategy makes of it what ICH E9(R1) says."""

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from medicore.errors import ProtocolError
from medicore.records.protocol.parsing import parse_recorded
from medicore.records.protocol.protocol import Protocol
from medicore.steps.data.outcome_states import Outcomes, defined_outcome, outcomes_of
from tests.steps.analysed_trial import protocol

START = date(2025, 1, 10)
LOCK = date(2025, 3, 31)
DATES = [
    {"name": name, "type": "date", "timing": "follow-up", "required": False}
    for name in ("enrolled", "seen", "stopped")
]
NUMBERS = [
    {"name": name, "type": "number", "timing": "follow-up", "unit": "points", "required": False}
    for name in ("week_4", "days")
]


def planned(assessed: Any = "none", *events: dict[str, Any], **missing: Any) -> Protocol:
    """Return the plan with columns of dates, a schedule of the outcome, and intercurrent events."""
    stored = protocol().as_json()
    estimand = {**stored["estimand"], "intercurrent_events": list(events)} if events else stored["estimand"]
    return protocol(
        contract={"columns": [*stored["contract"]["columns"], *DATES, *NUMBERS]},
        outcome={"assessed": assessed, "missing": {"method": "weighted", **missing}},
        estimand=estimand,
    )


def stopped(**keys: Any) -> dict[str, Any]:
    """Return the event of stopping treatment, read from its date."""
    return {
        "event": "Stopped",
        "detect": {"column": "stopped", "operator": "present", "date": "stopped"},
        **keys,
    }


def extract(**columns: list[Any]) -> pd.DataFrame:
    """Return an extract of so many subjects with these columns; what is not given has no value."""
    n = len(next(iter(columns.values())))
    empty = {name: [None] * n for name in ("enrolled", "seen", "stopped")}
    numbers = {name: [np.nan] * n for name in ("change", "week_4", "days")}
    return pd.DataFrame({**empty, **numbers, **columns})


def made(plan: Protocol, table: pd.DataFrame, lock: date | None = LOCK) -> Outcomes:
    """Return the outcomes of a table at the lock."""
    return outcomes_of(plan, table, lock)


ANCHORED = {"anchor": "enrolled", "day": 60, "window": [-5, 10], "visit": "seen"}


def test_the_window_tells_not_yet_due_from_missing() -> None:
    """Without a value, an outcome is missing from the day after its window on; with a value it is observed, early or late."""
    last = LOCK - timedelta(days=70)
    table = extract(
        enrolled=[last, last - timedelta(days=1), last, last - timedelta(days=1), None],
        change=[np.nan, np.nan, 1.0, 1.0, np.nan],
    )
    assert made(planned(ANCHORED), table).state.tolist() == [
        "not yet due", "missing", "observed", "observed", "missing",
    ]  # fmt: skip


def test_a_visit_column_alone_says_when_the_outcome_is_due() -> None:
    """Until the visit is recorded the outcome is not yet due; a recorded visit without a value is a missing outcome."""
    table = extract(seen=[None, LOCK, LOCK], change=[np.nan, np.nan, 2.0])
    found = made(planned({"visit": "seen"}), table, None)
    assert found.state.tolist() == ["not yet due", "missing", "observed"]


def test_without_dates_nothing_is_not_yet_due() -> None:
    """A plan that names no dates can call every outcome without a value only missing."""
    table = extract(change=[np.nan, 2.0])
    assert made(planned(), table, None).state.tolist() == ["missing", "observed"]


def test_a_value_outside_its_window_is_used_and_counted() -> None:
    """Window ends count as inside; a visit a day before or after is outside, and its value stays observed."""
    offsets = [54, 55, 70, 71, None]
    table = extract(
        enrolled=[START] * 5,
        seen=[None if days is None else START + timedelta(days=days) for days in offsets],
        change=[1.0] * 5,
    )
    found = made(planned(ANCHORED), table)
    assert found.outside.tolist() == [True, False, False, True, False]
    assert set(found.state) == {"observed"}
    assert not made(planned(), table).outside.any()


def test_hypothetical_takes_what_was_measured_from_the_event_on() -> None:
    """A value of before the event stays; one of its day or later, or without a date to compare, counts as missing."""
    day = START + timedelta(days=30)
    table = extract(
        enrolled=[START] * 5,
        seen=[day - timedelta(days=1), day, day + timedelta(days=1), None, day],
        stopped=[day, day, day, day, None],
        change=[1.0, 2.0, 3.0, 4.0, 5.0],
    )
    found = made(planned(ANCHORED, stopped(strategy="hypothetical")), table)
    assert np.isnan(found.outcome).tolist() == [False, True, True, True, False]
    assert found.state.tolist() == ["observed", "missing", "missing", "missing", "observed"]
    (event,) = found.events
    assert event.had is not None
    assert event.redefined is not None
    assert (event.had.sum(), event.redefined.sum()) == (4, 3)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"strategy": "treatment policy"}, [1.0, 2.0, np.nan]),
        ({"strategy": "composite variable", "composite": -9}, [1.0, -9.0, -9.0]),
        ({"strategy": "while on treatment", "column_before": "week_4"}, [1.0, 7.0, 8.0]),
    ],
)
def test_each_strategy_defines_the_outcome(keys: dict[str, Any], expected: list[float]) -> None:
    """Treatment policy leaves it, a composite gives its value, while on treatment gives the last value before."""
    table = extract(
        enrolled=[START - timedelta(days=99)] * 3,
        stopped=[None, START, START],
        week_4=[6.0, 7.0, 8.0],
        change=[1.0, 2.0, np.nan],
    )
    plan = planned(ANCHORED, stopped(**keys))
    found = made(plan, table)
    np.testing.assert_array_equal(found.outcome, expected)
    np.testing.assert_array_equal(defined_outcome(plan, table), expected)
    days = found.events[0].days
    if keys["strategy"] == "while on treatment":
        assert days is not None
        np.testing.assert_array_equal(days, [np.nan, 99.0, 99.0])
    else:
        assert days is None


def test_a_composite_waits_until_the_outcome_is_due() -> None:
    """Whoever fails early is not analysed before those who may still succeed: due is told by the dates alone."""
    table = extract(enrolled=[LOCK], stopped=[LOCK], change=[np.nan])
    found = made(planned(ANCHORED, stopped(strategy="composite variable", composite=0)), table)
    assert found.state.tolist() == ["not yet due"]


def test_the_first_event_of_the_protocol_sets_the_outcome() -> None:
    """Where a subject had two events, the first that sets outcomes sets it; both are counted."""
    rescue = {
        "event": "Rescue",
        "strategy": "composite variable",
        "composite": 3,
        "detect": {"column": "days", "operator": "above", "value": 0},
    }
    table = extract(stopped=[START, START, None], days=[5.0, np.nan, 5.0], change=[1.0, 1.0, 1.0])
    events = (stopped(strategy="hypothetical"), rescue)
    found = made(planned("none", *events), table)
    np.testing.assert_array_equal(found.outcome, [np.nan, np.nan, 3.0])
    turned = made(planned("none", *events[::-1]), table)
    np.testing.assert_array_equal(turned.outcome, [3.0, np.nan, 3.0])
    assert [int(one.had.sum()) for one in found.events if one.had is not None] == [2, 2]


def test_duration_is_read_from_its_column() -> None:
    """A declared column of days goes before the dates."""
    keys = {"strategy": "while on treatment", "column_before": "week_4", "duration": "days"}
    table = extract(stopped=[START, None], days=[12.0, 50.0], change=[1.0, 1.0])
    (event,) = made(planned("none", stopped(**keys)), table).events
    assert event.days is not None
    np.testing.assert_array_equal(event.days, [12.0, np.nan])


def test_an_event_that_is_not_collected_is_not_counted() -> None:
    """Under detect: none nobody is said to have had the event, or not to have had it."""
    (event,) = made(planned(), extract(change=[1.0]), None).events
    assert (event.had, event.redefined) == (None, None)


def test_a_protocol_of_the_old_form_makes_no_cohort() -> None:
    """A recorded protocol that does not say what is done where outcomes are missing stops at the cohort."""
    stored = protocol().as_json()
    del stored["outcome"]["missing"], stored["outcome"]["assessed"]
    with pytest.raises(ProtocolError, match="does not say when the outcome is due"):
        made(parse_recorded(json.dumps(stored), "x"), extract(change=[1.0]))


def test_an_anchor_needs_the_day_of_the_lock() -> None:
    """Without the day of the lock no window can be called over."""
    with pytest.raises(ProtocolError, match="day of the data lock is unknown"):
        made(planned(ANCHORED), extract(change=[1.0], enrolled=[START]), None)
