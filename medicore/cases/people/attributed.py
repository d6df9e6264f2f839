"""attributed: what a person did, signed with the own key, so that the ledger's word on who did it can be proved."""

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
    """A person whose key has been opened, to sign what they do."""

    person: Person
    passphrase: str


def require_signatory(
    house: House, identifier: str, permission: Permission, passphrase: Callable[[str], str]
) -> Signatory:
    """Return the person once they are found to be one who may, and to hold the key by which they act.

    ``passphrase`` is asked for that of a person only then.

    Raises
    ------
    ReviewError
        When the person is unknown, locked, revoked, expired or may not, or the passphrase does not open the key.
    """
    person = require_standing(house, identifier, permission)
    require_not_locked(house, person.identifier)
    signatory = Signatory(person, passphrase(person.identifier))
    # Signed once before anything is done or shown: who cannot open the own key sees nothing.
    proof = declare(person, "", "", "Proof of the key", {}, timestamp(house.clock.now()))
    house.certifier.sign(proof, signatory.passphrase)
    return signatory


def record_act(
    house: House, signatory: Signatory, action: str, subject: str, reason: str, details: Mapping[str, Any]
) -> LedgerEvent:
    """Return the event of what a person did, with their signature over all that it tells."""
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
    """Put a refusal into the ledger as the action ``refusal``; a person who gave too many wrong passphrases is locked."""
    try:
        yield
    except ReviewError as error:
        cause = "passphrase" if isinstance(error, WrongPassphraseError) else "refused"
        refuse(house, identifier, refusal, subject, error, {"cause": cause, **details})
        raise
