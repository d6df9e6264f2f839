"""logged: unsigned ledger events, with the role that the actor has in the ledger."""

from collections.abc import Mapping
from typing import Any

from medicore.ports.house import House
from medicore.records.ledger.ledger import LedgerEvent, NewEvent

SERVICE = "medicore"
"""The named service: it is the actor of MediCore's own events, and of scheduled requests."""


def log(
    house: House, actor: str, action: str, subject: str, reason: str, details: Mapping[str, Any]
) -> LedgerEvent:
    """Append an event with the actor's role; the actor of MediCore's own events is the service."""
    return house.ledger.append(NewEvent(actor, role_of(house, actor), action, subject, reason, details))


def role_of(house: House, actor: str) -> str:
    """Return the role of the actor in the ledger, or ``unknown`` for an actor who is not in the ledger."""
    for event in house.ledger.events(subject=actor, action="person.added"):
        return str(event.details["role"])
    return "unknown"
