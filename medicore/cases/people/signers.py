"""Signers: the people in the ledger at the time of an event, and the verification of the acts that added them."""

import base64
from collections.abc import Callable, Iterable, Mapping

from medicore.cases.people.logged import SERVICE, log
from medicore.errors import MediCoreError, ReviewError, WrongPassphraseError
from medicore.ports.house import House
from medicore.records.checking import Check, CheckKind, attempt
from medicore.records.identifiers import AUTHORITY
from medicore.records.ledger.event_details import CLAIMED
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.moment import timestamp
from medicore.records.people.act import ENVELOPE, Act, require_told
from medicore.records.people.lockout import LOCK_OUT, UNLOCKING, is_locked, require_unlocked
from medicore.records.people.people import (
    Permission,
    Person,
    people_of,
    person_named,
    require_active,
    require_own_key,
    require_permission,
)

BY_AUTHORITY = frozenset({"person.unlocked"})
"""The actions that the authority's own passphrase may sign: perhaps nobody else is left to sign them."""

KEYS_GIVEN = ("person.added", "person.renewed")
"""The actions that give a person a certificate."""

_PEOPLE = (*KEYS_GIVEN, "person.revoked", "clock.corrected")


def people(house: House, before: int | None = None) -> dict[str, Person]:
    """Return everyone whom the ledger knows, or knew ``before`` that event; only the events about people are read."""
    return people_of(e for e in people_events(house) if before is None or e.sequence < before)


def people_events(house: House, actions: Iterable[str] = _PEOPLE) -> list[LedgerEvent]:
    """Return the ledger's events of these ``actions``, in order: by default those that say who the people are."""
    events = [event for action in actions for event in house.ledger.events(action=action)]
    return sorted(events, key=lambda event: event.sequence)


def require_standing(house: House, identifier: str, permission: Permission | None) -> Person:
    """Return the person of that identifier; raise ReviewError unless they are known, active now, and may do it."""
    person = person_named(people(house), identifier)
    require_active(person, timestamp(house.clock.now()))
    if permission is not None:
        require_permission(person, permission)
    return person


def require_not_locked(house: House, identifier: str) -> None:
    """Raise ReviewError when the person is locked out."""
    require_unlocked(house.ledger.events(person=identifier), identifier)


def signer_of(house: House, event: LedgerEvent) -> Person:
    """Return the signer of an event, as the ledger knew them at that time.

    A certificate of the embedded authority is proved by the authority's signature. An external certificate is accepted
    only because a person registered it, so the signed act of that registration is verified here.
    """
    person = person_named(people(house, event.sequence), event.actor)
    require_own_key(person)
    if person.chain:
        certified = [
            earlier
            for action in KEYS_GIVEN
            for earlier in house.ledger.events(subject=person.identifier, action=action)
            if earlier.sequence < event.sequence
        ]
        proved(house, max(certified, key=lambda earlier: earlier.sequence))
    return person


def proved(
    house: House,
    event: LedgerEvent,
    permission: Permission | None = Permission.ADMINISTER,
    signer: Callable[[House, LedgerEvent], Person] = signer_of,
) -> Act:
    """Return the act of an event after proving its signature and its signer's ``permission`` as of the event's time.

    Without a ``permission`` the signature alone is proved. ``signer`` finds the signer, for a caller that can do so without
    reading the ledger again.

    Raises
    ------
    IntegrityError
        When the event differs from what was signed.
    ReviewError
        When it has no valid signature.
    """
    return require_told(signed_act(house, event, permission, signer), event)


def acts_check(subject: str, house: House, action: str, permission: Permission | None) -> Check:
    """Return the check that every event with this ``action`` was signed by its actor, who had the ``permission``."""

    def prove() -> None:
        for event in house.ledger.events(action=action):
            proved(house, event, permission)

    return attempt(CheckKind.PEOPLE, subject, prove)


def signed_act(
    house: House,
    event: LedgerEvent,
    permission: Permission | None,
    signer: Callable[[House, LedgerEvent], Person] = signer_of,
    recorded: str | None = None,
) -> Act:
    """Return what the signer of an event signed, even if the event says something else.

    ``recorded`` is when an earlier event recorded the same signature. Raise ReviewError as ``proved`` does.
    """
    if ENVELOPE not in event.details:
        raise ReviewError(
            f"ledger event {event.sequence} ({event.action}) has no signature; expected that of {event.actor}; "
            "take the ledger from the archive"
        )
    if event.actor == event.role == AUTHORITY:
        return _act_of_authority(house, event)
    person = signer(house, event)
    act = house.certifier.verify(base64.b64decode(event.details[ENVELOPE]), person, event.at, recorded)
    if permission is not None:
        require_permission(person, permission)
    return act


def _act_of_authority(house: House, event: LedgerEvent) -> Act:
    """Return the act that the authority signed; raise ReviewError when it may not sign such an act."""
    if event.action not in BY_AUTHORITY:
        raise ReviewError(
            f"ledger event {event.sequence} ({event.action}) is by the authority; expected one of "
            f"{', '.join(sorted(BY_AUTHORITY))}; take the ledger from the archive"
        )
    return house.certifier.verify_authority(base64.b64decode(event.details[ENVELOPE]), event.at)


def refuse(
    house: House,
    identifier: str,
    refusal: str,
    subject: str,
    error: MediCoreError,
    details: Mapping[str, str],
) -> None:
    """Record a refusal in the ledger as the action ``refusal``; too many wrong passphrases lock the person.

    The requester is not proved: the refusal is the service's own event, and the name is recorded as claimed. A wrong
    passphrase is recorded for the person whose key was tried: five in a row lock that key. They do not lock the
    authority, because nobody could unlock it.
    """
    if not isinstance(error, WrongPassphraseError):
        log(house, SERVICE, refusal, subject, str(error), {**details, CLAIMED: identifier or "nobody"})
        return
    log(house, identifier, refusal, subject, str(error), details)
    if identifier != AUTHORITY:
        lock_out(house, identifier)


def lock_out(house: House, person: str) -> None:
    """Record in the ledger, once, that a person is locked."""
    events = [*house.ledger.events(person=person)]
    said = [e.action for e in events if e.subject == person and e.action in {"person.locked", *UNLOCKING}]
    if is_locked(events, person) and said[-1:] != ["person.locked"]:
        reason = f"{LOCK_OUT} wrong passphrases in a row"
        house.ledger.append(NewEvent("medicore", "service", "person.locked", person, reason, {}))
