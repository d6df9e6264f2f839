"""A verification reads each answer of the ledger once, and never one that an event has overtaken."""

from pathlib import Path
from typing import Any

import pytest

from medicore.cases.proof.read_once import ReadOnce
from medicore.records.ledger.ledger import NewEvent
from medicore.stores.ledger.sqlite import SqliteLedger
from tests.whole_house.people import SetClock

QUERIES: list[dict[str, Any]] = [
    {},
    {"after": 2},
    {"subject": "people"},
    {"action": "person.added"},
    {"person": "ana"},
    {"subject": "people", "action": "person.revoked", "person": "ana", "after": 1},
]


def event(action: str, subject: str = "people", actor: str = "ana") -> NewEvent:
    """Return an event to be appended."""
    return NewEvent(actor, "analyst", action, subject, "", {})


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    """Return a ledger with four events."""
    made = SqliteLedger(tmp_path / "ledger.db", SetClock())
    for action in ("person.added", "person.added", "person.revoked"):
        made.append(event(action))
    made.append(event("clock.corrected", "ledger", "otto"))
    return made


@pytest.mark.parametrize("query", QUERIES)
def test_answers_are_those_of_the_ledger(ledger: SqliteLedger, query: dict[str, Any]) -> None:
    """Each query is answered as the ledger answers it, the first time and the second, and so are head and file."""
    once = ReadOnce(ledger)
    for _ in range(2):
        assert [*once.events(**query)] == [*ledger.events(**query)]
    assert once.head() == ledger.head()
    once.check_file()


def test_an_answer_is_read_once_until_something_is_appended(ledger: SqliteLedger) -> None:
    """Another writer's event is not seen within the verification; one of its own is, with that writer's."""
    once = ReadOnce(ledger)
    first = [*once.events(action="person.added")]
    ledger.append(event("person.added"))
    assert [*once.events(action="person.added")] == first
    once.append(event("person.added"))
    assert len([*once.events(action="person.added")]) == len(first) + 2
