"""The closure of a study: until when its comparative results are closed, and who is named as unblinded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Self

from medicore.records.blinding.comparative import UNBLINDED, Closed
from medicore.records.ledger.event_details import EXPLORATORY
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.people import PERMISSIONS, Permission, Person, Role
from medicore.records.protocol.calendar import day_begins

KEY = "comparative_results"
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Closure:
    """Comparative results are closed until ``until``, a day or ``unblinded``, which comes at ``opens_at``, in UTC."""

    until: str
    opens_at: datetime

    @classmethod
    def of(cls, protocol: Mapping[str, Any]) -> Self | None:
        """Return the closure in a protocol as JSON; None where its results are open.

        What is neither open nor a closure as this version writes it closes the study until it is unblinded: a reader that
        does not understand a closure must not open it.
        """
        told = protocol.get(KEY, "open")
        if told == "open":
            return None
        try:
            until = Closed.model_validate(told).closed_until
            if until == UNBLINDED:
                return cls(until, _NEVER)
            return cls(until, day_begins(date.fromisoformat(until), str(protocol["calendar"]["timezone"])))
        except (KeyError, OSError, TypeError, ValueError):
            return cls(UNBLINDED, _NEVER)


def protocol_told(request: LedgerEvent) -> Mapping[str, Any]:
    """Return the protocol in a request of a run; an empty one where an earlier version told none, which closed nothing."""
    told = request.details.get("protocol")
    return told if isinstance(told, Mapping) else {}


def closing_part(request: LedgerEvent) -> dict[str, Any]:
    """Return of the protocol in a request what closes the study; nothing where it is open."""
    told = protocol_told(request)
    return {key: told[key] for key in (KEY, "calendar") if key in told} if KEY in told else {}


def standing_closure(protocols: Iterable[Mapping[str, Any]], at: datetime) -> Closure | None:
    """Return the longest closure that any of a study's ``protocols`` declares, if it lasts at ``at``; None if none does.

    A later protocol can close a study for longer. It opens nothing: that is for the declared day or the unblinding.
    """
    found = [closure for protocol in protocols if (closure := Closure.of(protocol)) is not None]
    longest = max(found, key=lambda closure: closure.opens_at, default=None)
    return None if longest is None or longest.opens_at <= at else longest


def named_unblinded(requests: Iterable[LedgerEvent]) -> dict[str, LedgerEvent]:
    """Return who is unblinded by name, each with the request since which they are, from a study's requests of runs.

    The protocol of the last regular run names them. A name counts from the first regular run that has it and that
    somebody else requested: nobody unblinds themselves.
    """
    last: tuple[str, ...] = ()
    since: dict[str, LedgerEvent] = {}
    for event in requests:
        identity = event.details.get("identity")
        if isinstance(identity, Mapping) and identity.get("status") == EXPLORATORY:
            continue
        last = _names(protocol_told(event))
        for name in last:
            if name != event.actor:
                since.setdefault(name, event)
    return {name: since[name] for name in last if name in since}


def _names(protocol: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        return Closed.model_validate(protocol.get(KEY)).unblinded
    except ValueError:
        return ()


def may_see(person: Person, unblinded: Iterable[str]) -> bool:
    """Say whether a person may see closed results: the monitoring board, and whom the protocol names as unblinded."""
    named = person.role is not Role.SERVICE and person.identifier in unblinded
    return named or Permission.SEE in PERMISSIONS[person.role]
