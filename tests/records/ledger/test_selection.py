"""A selection has the events that it names, and no others."""

import pytest

from medicore.errors import ProtocolError
from medicore.records.ledger.ledger import LedgerEvent, NewEvent, chain
from medicore.records.ledger.selection import Selection, end_moment, first_moment


def event(at: str = "2025-04-01T12:00:00.000000Z") -> LedgerEvent:
    """Return an analyst's request for a run."""
    return chain(NewEvent("ana", "analyst", "run.requested", "MED-2024-0147/2025-03/1"), at, None)


@pytest.mark.parametrize(
    ("wanted", "has"),
    [
        (Selection(), True),
        (Selection(action="run.requested"), True),
        (Selection(action="run."), True),
        (Selection(action="run.sealed"), False),
        (Selection(action="extract."), False),
        (Selection(actor="ana"), True),
        (Selection(actor="an"), False),
        (Selection(role="analyst"), True),
        (Selection(role="service"), False),
        (Selection(action="run.", actor="ana", role="reviewer"), False),
        (Selection(since="2025-04-01T12:00:00.000000Z"), True),
        (Selection(since="2025-04-01T12:00:00.000001Z"), False),
        (Selection(until="2025-04-01T12:00:00.000001Z"), True),
        (Selection(until="2025-04-01T12:00:00.000000Z"), False),
    ],
)
def test_every_condition_must_hold(wanted: Selection, has: bool) -> None:
    """An event is selected when all that is asked of it holds; the end of the time is not included."""
    assert wanted.has(event()) is has


@pytest.mark.parametrize("action", ["", ".", "run", "run.reques", "tun.", "run.requested "])
def test_an_action_that_cannot_be_is_refused(action: str) -> None:
    """A misspelt action would show an empty ledger, so it is refused."""
    with pytest.raises(ProtocolError, match="is not one that the ledger knows"):
        Selection(action=action)


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2025-03-31", "2025-03-31T00:00:00.000000Z", "2025-04-01T00:00:00.000000Z"),
        ("2024-02-29", "2024-02-29T00:00:00.000000Z", "2024-03-01T00:00:00.000000Z"),
        ("2025-03-31T08:15:00Z", "2025-03-31T08:15:00.000000Z", "2025-03-31T08:15:00.000001Z"),
        ("2025-03-31T10:15:00+02:00", "2025-03-31T08:15:00.000000Z", "2025-03-31T08:15:00.000001Z"),
        ("2025-03-31T08:15:00.250000Z", "2025-03-31T08:15:00.250000Z", "2025-03-31T08:15:00.250001Z"),
    ],
)
def test_days_and_moments_are_included(text: str, first: str, end: str) -> None:
    """A day lasts from its midnight in UTC to the next; a moment is brought to UTC and lasts a microsecond."""
    assert (first_moment(text), end_moment(text)) == (first, end)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2025-02-30", "2025-03", "2025-03-31T08:15:00", "31.03.2025", "20250331", "0001-01-01T00:00:00+02:00"]
)  # fmt: skip
def test_other_times_are_refused(text: str) -> None:
    """What names no day and no moment with its zone, or reaches beyond the calendar, is refused."""
    with pytest.raises(ProtocolError, match="malformed; expected a day as 2025-03-31"):
        first_moment(text)
    with pytest.raises(ProtocolError, match="malformed"):
        end_moment(text)


def test_the_calendar_ends() -> None:
    """The last day of the calendar has no moment after it."""
    assert first_moment("9999-12-31") == "9999-12-31T00:00:00.000000Z"
    with pytest.raises(ProtocolError, match="malformed"):
        end_moment("9999-12-31")
