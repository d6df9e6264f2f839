"""signing_in: a person proves with their own key who they are, before the console shows them anything."""

from medicore.cases.people.attributed import record_act, refusals, require_signatory
from medicore.cases.people.signers import acts_check, people
from medicore.errors import ReviewError
from medicore.ports.house import House
from medicore.records.checking import Check
from medicore.records.identifiers import person_id
from medicore.records.people.people import Person, Role, person_named

OPENED, REFUSED = "session.opened", "session.refused"
_REASON = "Signed in to the console"


def sign_in(house: House, identifier: str, passphrase: str) -> Person:
    """Return the person whose key the passphrase opens; the ledger records that they signed in, signed by them.

    Raises
    ------
    ReviewError
        When the person is unknown, locked, no longer active or the service, or the passphrase is wrong. The refusal is in
        the ledger; five wrong passphrases in a row lock the person.
    ProtocolError
        When the identifier is malformed.
    """
    person_id(identifier)
    with refusals(house, identifier, REFUSED, identifier):
        if person_named(people(house), identifier).role is Role.SERVICE:
            raise ReviewError(f"{identifier} is the service; expected a person; sign in as yourself")
        signatory = require_signatory(house, identifier, None, lambda _: passphrase)
        record_act(house, signatory, OPENED, identifier, _REASON, {})
    return signatory.person


def sessions_check(house: House) -> Check:
    """Return the check of all sessions: each was opened with the key of the person whom the event names."""
    return acts_check("sessions of the console", house, OPENED, None)
