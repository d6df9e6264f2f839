"""acting: a person changes something about a person, signs the change, and the ledger tells exactly that."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from medicore.errors import ReviewError, WrongPassphraseError
from medicore.records.act import ENVELOPE, declare
from medicore.records.identifiers import person_id
from medicore.records.ledger import LedgerEvent, NewEvent
from medicore.records.moment import timestamp
from medicore.records.people import (
    Permission,
    Person,
    person_named,
    require_active,
    require_permission,
    require_unlocked,
)
from medicore.steps.house import House
from medicore.steps.logged import log
from medicore.steps.signers import lock_out, people

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
    with house.locks.hold("people", "all", f"medicore people, by {actor.identifier}"):
        try:
            return _signed(house, actor, action, subject, bring)
        except ReviewError as error:
            cause = "passphrase" if isinstance(error, WrongPassphraseError) else "refused"
            details = {"cause": cause, "action": action}
            log(house, actor.identifier, "person.refused", subject, str(error), details)
            lock_out(house, actor.identifier)
            raise


def _signed(house: House, actor: Actor, action: str, subject: str, bring: Bring) -> LedgerEvent:
    known = people(house)
    person = person_named(known, actor.identifier)
    require_unlocked(house.ledger.events(), person.identifier)
    now = timestamp(house.clock.now())
    require_active(person, now)
    require_permission(person, Permission.ADMINISTER)
    # Signed once before anything is made: who cannot open the own key is asked for no other passphrase.
    house.certifier.sign(declare(person, action, subject, actor.reason, {}, now), actor.passphrase)
    details, key = bring(known)
    act = declare(person, action, subject, actor.reason, details, timestamp(house.clock.now()))
    envelope = house.certifier.sign(act, actor.passphrase)
    house.certifier.verify(envelope, person, act.signed_at)
    event = house.ledger.append(
        NewEvent(
            person.identifier,
            person.role.value,
            action,
            subject,
            act.reason,
            {**details, ENVELOPE: base64.b64encode(envelope).decode()},
        )
    )
    if key is not None:
        house.certifier.keep(subject, key)
    return event
