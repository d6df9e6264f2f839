"""access: the permissions of each person on a date, from the ledger's events up to then."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from medicore.cases.people.seen import seen
from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.identifiers import study_id
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import moment, timestamp
from medicore.records.people.lockout import is_locked
from medicore.records.people.people import PERMISSIONS, people_of, standing_of

_SIGNED = frozenset({"proceed", "approve", "reject", "administer", "extend"})
"""The permissions that need a signature; a locked person cannot sign."""


def access(house: House, study: str, at: str | None = None) -> dict[str, Any]:
    """Return the permissions of each person at the end of a day in UTC, by default today, and the changes of people then.

    ``comparative_results`` says who could see them, and who saw them while they were closed. Roles apply to all studies,
    except that the protocol names who is unblinded. The answer uses only the ledger's events up to then. ``ledger_began`` is the time of
    the ledger's first event; nobody had a role before.

    Raises
    ------
    ProtocolError
        When the study has neither protocol nor run, or the date is malformed or in the future.
    """
    _require_study(house, study_id(study))
    day = house.clock.now().date() if at is None else _day(at)
    end = f"{day.isoformat()}T23:59:59.999999Z"
    now = timestamp(house.clock.now())
    if day.isoformat() > now[:10]:
        raise ProtocolError(f"{day} is in the future; expected a day up to {now[:10]}; choose one")
    ledger = tuple(house.ledger.events())
    began, events = ledger[0].at if ledger else None, _until(ledger, end)
    last = min(end, now)
    rows = []
    for person in people_of(events).values():
        standing, locked = standing_of(person, last), is_locked(events, person.identifier)
        allowed = sorted(permission.value for permission in PERMISSIONS[person.role])
        rows.append(
            {
                "identifier": person.identifier,
                "name": person.name,
                "role": person.role.value,
                "standing": standing,
                "locked": locked,
                "may": [
                    what for what in allowed if standing == "in force" and not (locked and what in _SIGNED)
                ],
                "fingerprint": person.fingerprint,
                "valid_from": person.valid_from,
                "valid_until": person.valid_until,
                "revoked_at": person.revoked_at,
            }
        )
    changes = [
        {
            "sequence": e.sequence,
            "at": e.at,
            "action": e.action,
            "person": e.subject,
            "by": e.actor,
            "reason": e.reason,
        }
        for e in events
        if e.action.startswith("person.") and e.at[:10] == day.isoformat()
    ]
    return {
        "study": study,
        "day": day.isoformat(),
        "ledger_began": began,
        "as_of": last,
        "ledger_event": events[-1].sequence if events else 0,
        "people": rows,
        "changes_that_day": changes,
        "comparative_results": seen(house, study, events, moment(last)),
    }


def _require_study(house: House, study: str) -> None:
    known = study in house.protocols.studies() or any(house.ledger.events(subject=f"{study}/"))
    if not known:
        house.protocols.load(study)


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _malformed(text) from error
    if day.isoformat() != text:
        raise _malformed(text)
    return day


def _malformed(text: str) -> ProtocolError:
    return ProtocolError(f"date {text[:40]!r} is malformed; expected YYYY-MM-DD, for example 2025-03-31")


def _until(events: Iterable[LedgerEvent], end: str) -> tuple[LedgerEvent, ...]:
    """Return all events up to the last one with a time of at most ``end``, in the order of the ledger."""
    held = tuple(events)
    last = max((number for number, event in enumerate(held, 1) if moment(event.at) <= moment(end)), default=0)
    return held[:last]
