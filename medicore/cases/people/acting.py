"""acting: changes of people; each is signed by the person who makes it, and recorded as it was signed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from medicore.cases.people.attributed import record_act, refusals, require_signatory
from medicore.cases.people.signers import people
from medicore.ports.house import House
from medicore.records.identifiers import person_id
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.decision import require_reason
from medicore.records.people.people import Permission, Person

ChangeDetails = tuple[Mapping[str, Any], Callable[[], None] | None]
"""The details of a change, and what stores a new key after the change is recorded; None without a new key."""

Preparation = Callable[[Mapping[str, Person]], ChangeDetails]
"""A function that prepares a change, given the people in the ledger."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who makes a change, their reason, and the passphrase of their key."""

    identifier: str
    reason: str
    passphrase: str


def change(house: House, actor: Actor, action: str, subject: str, prepare: Preparation) -> LedgerEvent:
    """Sign and record one change, while the lock on people is held, and return its event.

    Raises
    ------
    ReviewError
        When the actor lacks the permission, gives a wrong passphrase or no reason, or when ``prepare`` refuses. The
        ledger records the refusal; five wrong passphrases in a row lock the actor.
    ProtocolError
        When an identifier is malformed.
    """
    person_id(actor.identifier)
    person_id(subject)
    with (
        house.locks.hold("people", "all", f"medicore people, by {actor.identifier}"),
        refusals(house, actor.identifier, "person.refused", subject, action=action),
    ):
        signatory = require_signatory(
            house, actor.identifier, Permission.ADMINISTER, lambda _: actor.passphrase
        )
        require_reason(actor.reason)  # before a new person is asked for a passphrase
        details, keep = prepare(people(house))
        event = record_act(house, signatory, action, subject, actor.reason, details)
        if keep is not None:
            keep()
        return event
