"""Until when a study is closed, who is unblinded by name, and who may see."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from medicore.records.blinding.closure import (
    Closure,
    closing_part,
    may_see,
    named_unblinded,
    protocol_told,
    standing_closure,
)
from medicore.records.blinding.comparative import Closed
from medicore.records.ledger.ledger import LedgerEvent, NewEvent, chain
from medicore.records.people.people import Person, Role
from medicore.records.protocol.parsing import parse_protocol, parse_recorded, problems_of
from tests.whole_house.prepared_study import PROTOCOL

RUN, NOON = "TEST-CLOSED/2025-03/1", "2025-04-01T12:00:00.000000Z"
NOW = datetime(2025, 4, 1, 12, tzinfo=UTC)
ZURICH = {"calendar": {"timezone": "Europe/Zurich"}}


def closing(until: str, *names: str) -> dict[str, Any]:
    """Return what of a protocol closes a study."""
    return {"comparative_results": {"closed_until": until, "unblinded": list(names)}, **ZURICH}


def request(protocol: Mapping[str, Any] | None, by: str = "ana", status: str = "candidate") -> LedgerEvent:
    """Return the event by which a run began."""
    details = {"identity": {"status": status}, **({} if protocol is None else {"protocol": dict(protocol)})}
    return chain(NewEvent(by, "analyst", "run.requested", RUN, "Monthly", details), NOON, None)


def person(identifier: str, role: Role) -> Person:
    """Return a person of a role."""
    return Person(identifier, identifier.title(), role, "f", NOON, NOON, "PEM")


def test_a_day_opens_at_its_beginning_in_the_studys_zone() -> None:
    """The last instant of the day before is closed, the first of the day is open."""
    held = [closing("2025-06-30")]
    assert standing_closure(held, datetime(2025, 6, 29, 21, 59, 59, tzinfo=UTC)) is not None
    assert standing_closure(held, datetime(2025, 6, 29, 22, 0, tzinfo=UTC)) is None


def test_the_longest_closure_counts() -> None:
    """A later protocol closes for longer and never for less; only the unblinding ends a closure without a day."""
    open_ones: list[Mapping[str, Any]] = [{}, {"comparative_results": "open"}]
    assert standing_closure(open_ones, NOW) is None
    found = standing_closure([closing("2025-06-30"), closing("2026-06-30"), *open_ones], NOW)
    assert found is not None
    assert found.until == "2026-06-30"
    found = standing_closure([closing("unblinded"), closing("2025-06-30")], NOW)
    assert found is not None
    assert found.until == "unblinded"


@pytest.mark.parametrize(
    "told",
    [
        {"comparative_results": "hidden", **ZURICH},
        {"comparative_results": {"closed_until": "some day"}, **ZURICH},
        {"comparative_results": {"closed_until": "2025-06-30"}},
        {"comparative_results": {"closed_until": "2025-06-30"}, "calendar": {"timezone": "Nowhere/Here"}},
        {"comparative_results": None, **ZURICH},
    ],
)
def test_what_is_not_understood_is_closed(told: Mapping[str, Any]) -> None:
    """A closure of another form, without a zone or with an unknown one closes the study until it is unblinded."""
    found = Closure.of(told)
    assert found is not None
    assert found.until == "unblinded"


def test_a_name_counts_that_somebody_else_requested() -> None:
    """Nobody is unblinded by a run of their own, by an exploration, or by a protocol that the last one does not repeat."""
    by_herself = request(closing("unblinded", "uma"), by="uma")
    explored = request(closing("unblinded", "uma"), status="exploratory")
    named = request(closing("unblinded", "uma", "carl"))
    assert named_unblinded([by_herself, explored]) == {}
    assert named_unblinded([by_herself, named]) == {"uma": named, "carl": named}
    assert named_unblinded([named, by_herself]) == {"uma": named}
    assert named_unblinded([named, request({}), request(None)]) == {}


@pytest.mark.parametrize("role", list(Role))
def test_the_board_and_the_unblinded_may_see(role: Role) -> None:
    """The monitoring board may, whoever is named may but the service, and nobody else of any role."""
    assert may_see(person("bea", role), ()) is (role is Role.BOARD)
    assert may_see(person("bea", role), ["bea"]) is (role is not Role.SERVICE)


def test_of_a_protocol_what_closes_is_kept() -> None:
    """The key with the zone, and nothing of an open protocol or of an event of before protocols were told."""
    assert closing_part(request({**closing("unblinded"), "seed": 1})) == closing("unblinded")
    assert closing_part(request(ZURICH)) == {}
    assert protocol_told(request(None)) == {}


@pytest.mark.parametrize("until", ["2027-06-30", "unblinded"])
def test_a_closure_has_a_day_or_the_word(until: str) -> None:
    """YAML's date is a day; another text, and a name that is no person's, are refused."""
    assert (
        Closed.model_validate({"closed_until": datetime.fromisoformat("2027-06-30").date()}).closed_until
        == "2027-06-30"
    )
    assert Closed(closed_until=until).unblinded == ()
    for wrong in ("20270630", "soon", "2027-06-31"):
        with pytest.raises(ValidationError, match="neither a day"):
            Closed(closed_until=wrong)
    with pytest.raises(ValidationError, match="malformed"):
        Closed(closed_until=until, unblinded=("Dr. Who",))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hidden", "comparative_results"),
        ("{closed_until: soon}", "neither a day, as 2027-06-30, nor the word 'unblinded'"),
        ("{unblinded: [uma]}", "comparative_results.closed_until"),
        ("{closed_until: unblinded, unblinded: [uma], board: [bea]}", "comparative_results.board"),
        ("{closed_until: unblinded, unblinded: [Dr. Who]}", "malformed"),
    ],
)
def test_a_closure_in_a_file_is_told_with_its_line(text: str, told: str) -> None:
    """Each mistake is one problem, at its key and line; a right closure is read from a file as from JSON."""
    file = f"study: TEST-CLOSED\n{PROTOCOL}comparative_results: {text}\n"
    (problem,) = problems_of(file, "a file")
    assert told in str(problem)
    assert f"line {file.count(chr(10))}" in str(problem)


def test_a_file_closes_a_study() -> None:
    """An open protocol keeps the digest that it had before the key; a closed one holds it, a day without quotes too."""
    plain = parse_protocol(f"study: TEST-CLOSED\n{PROTOCOL}", "a file")
    said = parse_protocol(f"study: TEST-CLOSED\n{PROTOCOL}comparative_results: open\n", "a file")
    assert plain.digest == said.digest
    assert "comparative_results" not in plain.as_json()
    shut = parse_protocol(
        f"study: TEST-CLOSED\n{PROTOCOL}comparative_results: {{closed_until: 2027-06-30}}\n", "a file"
    )
    assert shut.as_json()["comparative_results"] == {"closed_until": "2027-06-30", "unblinded": []}
    assert parse_recorded(json.dumps(shut.as_json()), "a record") == shut
