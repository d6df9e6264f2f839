"""acting: a person changes something about a person, signs the change, and the ledger tells exactly that."""

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

Brought = tuple[Mapping[str, Any], bytes | None]
"""The details of a change, and the key that is to be kept once the change is recorded, if it brings one."""

Bring = Callable[[Mapping[str, Person]], Brought]
"""Makes a change ready, given the people whom the ledger knows."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something about a person, why, and the passphrase of their key."""

    identifier: str
    reason: str
    passphrase: str


def change(house: House, actor: Actor, action: str, subject: str, bring: Bring) -> LedgerEvent:
    """Sign and record one change, alone, and return its event.

    Raises
    ------
    ReviewError
        When the actor may not, does not open the own key or gives no reason, or ``bring`` refuses. The refusal is in
        the ledger, and five wrong passphrases in a row lock the actor.
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
        details, key = bring(people(house))
        event = record_act(house, signatory, action, subject, actor.reason, details)
        if key is not None:
            house.certifier.keep(subject, key)
        return event
