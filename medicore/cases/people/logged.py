"""logged: what someone did goes into the ledger, in the role in which the ledger knows them."""

from collections.abc import Mapping
from typing import Any

from medicore.ports.house import House
from medicore.records.ledger.ledger import LedgerEvent, NewEvent

SERVICE = "medicore"
"""The named service: what MediCore does of itself, and what a schedule asks of it."""


def log(
    house: House, actor: str, action: str, subject: str, reason: str, details: Mapping[str, Any]
) -> LedgerEvent:
    """Append an event in the actor's role; what MediCore itself does is done by the service."""
    return house.ledger.append(NewEvent(actor, role_of(house, actor), action, subject, reason, details))


def role_of(house: House, actor: str) -> str:
    """Return the role in which someone acts, as the ledger knows it; ``unknown`` for whom it does not know."""
    for event in house.ledger.events(subject=actor, action="person.added"):
        return str(event.details["role"])
    return "unknown"
