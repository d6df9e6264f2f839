"""attributed: acts that a person signs with their own key, so that anyone can verify who did them."""

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from medicore.cases.people.signers import refuse, require_not_locked, require_standing
from medicore.errors import ReviewError, WrongPassphraseError
from medicore.ports.house import House
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.moment import timestamp
from medicore.records.people.act import ENVELOPE, declare
from medicore.records.people.people import Permission, Person


@dataclass(frozen=True, slots=True)
class Signatory:
    """A person whose passphrase was verified, and who can sign acts with it."""

    person: Person
    passphrase: str


def require_signatory(
    house: House, identifier: str, permission: Permission | None, passphrase: Callable[[str], str]
) -> Signatory:
    """Return the person after verifying their permission and their passphrase; None asks for no permission.

    ``passphrase`` is called only after the permission was verified.

    Raises
    ------
    ReviewError
        When the person is unknown, locked, revoked, expired or lacks the permission, or the passphrase is wrong.
    """
    person = require_standing(house, identifier, permission)
    require_not_locked(house, person.identifier)
    signatory = Signatory(person, passphrase(person.identifier))
    # One signature before anything is done or shown: with a wrong passphrase nothing is revealed.
    proof = declare(person, "", "", "Proof of the key", {}, timestamp(house.clock.now()))
    house.certifier.sign(proof, signatory.passphrase)
    return signatory


def record_act(
    house: House, signatory: Signatory, action: str, subject: str, reason: str, details: Mapping[str, Any]
) -> LedgerEvent:
    """Record an act of a person, with their signature over all of its contents, and return its event."""
    person = signatory.person
    act = declare(person, action, subject, reason, details, timestamp(house.clock.now()))
    envelope = house.certifier.sign(act, signatory.passphrase)
    house.certifier.verify(envelope, person, act.signed_at)
    told = {**details, ENVELOPE: base64.b64encode(envelope).decode()}
    return house.ledger.append(
        NewEvent(person.identifier, person.role.value, action, subject, act.reason, told)
    )


@contextmanager
def refusals(house: House, identifier: str, refusal: str, subject: str, **details: str) -> Iterator[None]:
    """Record a refusal in the ledger as the action ``refusal``, and who claimed to act, as ``refuse`` does."""
    try:
        yield
    except ReviewError as error:
        cause = "passphrase" if isinstance(error, WrongPassphraseError) else "refused"
        refuse(house, identifier, refusal, subject, error, {"cause": cause, **details})
        raise
