"""seen: who could see a study's comparative results at a moment, since when, and who saw them while they were closed."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from medicore.cases.people.seeing import REFUSED, UNBLINDED, VIEWED, planned, unblinding
from medicore.ports.house import House
from medicore.records.blinding.closure import may_see, named_unblinded, protocol_told, standing_closure
from medicore.records.ledger.event_details import CLAIMED
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import timestamp
from medicore.records.people.people import people_of, standing_of

_SAW = {
    VIEWED: "looked",
    "run.exported": "exported the record",
    "archive.restored": "read the record back from the archive",
    "subject.viewed": "looked at one patient's data",
}
"""The acts by which somebody saw what is closed, and what they were in words."""


def seen(house: House, study: str, events: tuple[LedgerEvent, ...], at: datetime) -> dict[str, Any]:
    """Return who could see comparative results at ``at``, after the ledger's ``events`` until then, and who saw them.

    The closure in the study's file counts for the present alone: when it was written is not in the ledger.
    """
    of_study = [event for event in events if event.subject == study or event.subject.startswith(f"{study}/")]
    requests = [event for event in of_study if event.action == "run.requested"]
    file = planned(house, study) if len(events) == house.ledger.head()[0] else []
    closure = standing_closure([*map(protocol_told, requests), *file], at)
    opened = unblinding(house, study)
    if opened is not None and opened.sequence > len(events):
        opened = None
    is_closed = closure is not None and opened is None
    return {
        "closed_until": closure.until if closure is not None and is_closed else None,
        "unblinded": None
        if opened is None
        else {"at": opened.at, "by": opened.actor, "reason": opened.reason, "sequence": opened.sequence},
        "could_see": [*_could_see(events, requests, at)] if is_closed else None,
        "saw": _saw(of_study, requests),
        "refused": [
            _row(event, event.details.get(CLAIMED, event.actor), str(event.details.get("what", "")))
            for event in of_study
            if event.action == REFUSED
        ],
    }


def _could_see(
    events: Iterable[LedgerEvent], requests: list[LedgerEvent], at: datetime
) -> Iterator[dict[str, Any]]:
    held, named = tuple(events), named_unblinded(requests)
    added = {event.subject: event for event in held if event.action == "person.added"}
    for person in people_of(held).values():
        if not may_see(person, named) or standing_of(person, timestamp(at)) != "in force":
            continue
        request = named.get(person.identifier)
        why = (
            "of the monitoring board"
            if request is None
            else f"unblinded in the protocol of {request.subject}"
        )
        yield {
            "identifier": person.identifier,
            "name": person.name,
            "role": person.role.value,
            "since": (request or added[person.identifier]).at,
            "why": why,
        }


def _saw(of_study: list[LedgerEvent], requests: list[LedgerEvent]) -> list[dict[str, Any]]:
    """Return the acts by which people saw what was closed then; an act on open results is none of them."""
    rows: list[dict[str, Any]] = []
    protocols = [(event.sequence, protocol_told(event)) for event in requests]
    opened = next((event.sequence for event in of_study if event.action == UNBLINDED), None)
    for event in of_study:
        if event.action not in _SAW or (opened is not None and event.sequence > opened):
            continue
        told = [protocol for sequence, protocol in protocols if sequence < event.sequence]
        if event.action == VIEWED or standing_closure(told, datetime.fromisoformat(event.at)) is not None:
            rows.append(_row(event, event.actor, str(event.details.get("what", _SAW[event.action]))))
    return rows


def _row(event: LedgerEvent, who: str, what: str) -> dict[str, Any]:
    return {"at": event.at, "who": who, "of": event.subject, "what": what, "sequence": event.sequence}
