"""authority: its fingerprint, by which an inspector recognises the house, and the acts that only its passphrase can sign."""

import base64

from medicore.cases.people.acting import Actor, Preparation
from medicore.cases.people.attributed import refusals
from medicore.cases.people.signers import people
from medicore.errors import IntegrityError
from medicore.ports.house import House
from medicore.records.identifiers import AUTHORITY, person_id
from medicore.records.ledger.event_details import details_of
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.moment import timestamp
from medicore.records.people.act import ENVELOPE, declare_for_authority
from medicore.records.people.decision import require_reason
from medicore.records.people.public_key import fingerprint


def authority_fingerprint(house: House) -> str:
    """Return the SHA-256 of the authority's certificate in DER, as openssl prints it without colons, in lower case."""
    return fingerprint(house.seals.authority().decode())


def require_authority(house: House, expected: str | None = None) -> str:
    """Return the authority's fingerprint after proving that it is the ledger's authority, and the ``expected`` one if given.

    Raises
    ------
    IntegrityError
        When the ledger's first events name another certificate, or another fingerprint was expected.
    """
    for event in house.ledger.events(action="authority.created"):
        if details_of(event).text("certificate").encode() != house.seals.authority():
            raise IntegrityError("authority.pem is not the authority of this ledger; restore it")
    found = authority_fingerprint(house)
    if expected is not None and found != expected:
        raise IntegrityError(
            f"the authority has the fingerprint {found}; expected {expected}, which you trust: this is another "
            "house, or its history was rewritten with another authority"
        )
    return found


def change_by_authority(
    house: House, actor: Actor, action: str, subject: str, prepare: Preparation
) -> LedgerEvent:
    """Sign and record one change with the authority's own passphrase, and return its event.

    Raises
    ------
    ReviewError
        When the passphrase is wrong, there is no reason, or ``prepare`` refuses. The ledger records the refusal.
    """
    person_id(subject)
    with (
        house.locks.hold("people", "all", "medicore people, by the authority"),
        refusals(house, AUTHORITY, "person.refused", subject, action=action),
    ):
        require_reason(actor.reason)
        details, _ = prepare(people(house))
        at = timestamp(house.clock.now())
        act = declare_for_authority(authority_fingerprint(house), action, subject, actor.reason, details, at)
        envelope = house.certifier.sign_for_authority(act, actor.passphrase)
        house.certifier.verify_authority(envelope, at)
        told = {**details, ENVELOPE: base64.b64encode(envelope).decode()}
        return house.ledger.append(NewEvent(AUTHORITY, AUTHORITY, action, subject, act.reason, told))
