"""people: adding, renewing, revoking and unlocking people; the person who makes a change signs it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from medicore.cases.people.acting import Actor, ChangeDetails, change
from medicore.cases.people.authority import change_by_authority
from medicore.cases.people.signers import KEYS_GIVEN, people_events
from medicore.errors import ReviewError
from medicore.ports.house import House
from medicore.records.identifiers import AUTHORITY, person_id
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import timestamp
from medicore.records.people.credential import Issuance, Registration
from medicore.records.people.lockout import is_locked
from medicore.records.people.people import (
    PERMISSIONS,
    Permission,
    Person,
    Role,
    enter,
    person_named,
    require_new_key,
    require_unused,
    role_named,
    standing_of,
    studies_of_role,
)
from medicore.records.people.printed_names import name_warnings


@dataclass(frozen=True, slots=True)
class Newcomer:
    """The person to add: identifier, printed name (None means the certificate's), role, and the studies of an inspector."""

    identifier: str
    name: str | None
    role: str
    studies: tuple[str, ...] = ()


Credential = Callable[[], Issuance | Registration]
"""Returns the inputs of the certificate; it is called only after the actor's permission was verified."""


def add(house: House, actor: Actor, newcomer: Newcomer, credential: Credential) -> LedgerEvent:
    """Add a person with a role and a certificate; return the event.

    Raises
    ------
    ReviewError
        When the identifier is or was in use, the role is unknown or the service's, an inspector has no study or somebody else
        has one, the certificate cannot be made, is
        unsuitable or has a key that anybody ever had, or the actor lacks the permission. The ledger records the
        refusal.
    """
    identifier = person_id(newcomer.identifier)

    def prepare(known: Mapping[str, Person]) -> ChangeDetails:
        require_unused(known, identifier)
        role = role_named(newcomer.role)
        if role is Role.SERVICE:
            raise ReviewError(
                "the role service is not for people; expected another; 'medicore init' makes it"
            )
        studies = studies_of_role(role, newcomer.studies)
        person, key = _with_certificate(house, identifier, newcomer.name, role, credential())
        require_new_key(known, person.certificate)
        return replace(person, studies=studies).details(), _keeping(house, identifier, key)

    return change(house, actor, "person.added", identifier, prepare)


def renew(
    house: House, actor: Actor, identifier: str, name: str | None, credential: Credential
) -> LedgerEvent:
    """Give a person a new key and certificate under the same identifier; return the event.

    The earlier certificate can no longer sign; what it signed stays valid. A locked person may sign again.

    Raises
    ------
    ReviewError
        When the person is unknown, revoked or the service, or as for ``add``.
    """

    def prepare(known: Mapping[str, Person]) -> ChangeDetails:
        person = _unrevoked(known, identifier)
        made, key = _with_certificate(house, identifier, name or person.name, person.role, credential())
        if made.fingerprint == person.fingerprint:
            raise ReviewError(
                f"{identifier} has this very certificate already; expected a new one; have it issued"
            )
        require_new_key(known, made.certificate)
        return replace(made, studies=person.studies).details(), _keeping(house, identifier, key)

    return change(house, actor, "person.renewed", identifier, prepare)


def revoke(house: House, actor: Actor, identifier: str) -> LedgerEvent:
    """Revoke a person's certificate permanently; return the event. What it signed stays valid.

    Raises
    ------
    ReviewError
        When the person is unknown, revoked already, the service, or the last one who may administer people.
    """

    def prepare(known: Mapping[str, Person]) -> ChangeDetails:
        person = _unrevoked(known, identifier)
        now = timestamp(house.clock.now())
        others = [
            other.identifier
            for other in known.values()
            if Permission.ADMINISTER in PERMISSIONS[other.role] and standing_of(other, now) == "in force"
        ]
        if others == [identifier]:
            raise ReviewError(
                f"{identifier} is the last person who may administer people; expected another one first; add an "
                "operator"
            )
        return {"fingerprint": person.fingerprint}, None

    return change(house, actor, "person.revoked", identifier, prepare)


def unlock(house: House, actor: Actor, identifier: str) -> LedgerEvent:
    """Unlock a person who was locked after wrong passphrases; return the event.

    The actor ``authority`` signs with the authority's own passphrase, and only for one who may administer people:
    when the last of them is locked, nobody else can unlock them.

    Raises
    ------
    ReviewError
        When the person is unknown or not locked, or the authority may not unlock them.
    """
    by_authority = actor.identifier == AUTHORITY

    def prepare(known: Mapping[str, Person]) -> ChangeDetails:
        person = person_named(known, identifier)
        if by_authority and Permission.ADMINISTER not in PERMISSIONS[person.role]:
            raise ReviewError(
                f"{identifier} is {person.role}; expected one who may administer people: the authority unlocks only "
                "these; ask an operator or quality"
            )
        if not is_locked(house.ledger.events(person=identifier), identifier):
            raise ReviewError(
                f"{identifier} is not locked; expected a locked person; see 'medicore people list'"
            )
        return {}, None

    signed = change_by_authority if by_authority else change
    return signed(house, actor, "person.unlocked", identifier, prepare)


def listed(house: House) -> list[dict[str, Any]]:
    """Return a row for each person ever added: role, standing, current certificate, and earlier certificates.

    ``key_of`` is who had the public key of the current certificate before, and ``warnings`` tell whose printed name
    looks like this one.
    """
    now = timestamp(house.clock.now())
    known: dict[str, Person] = {}
    earlier: dict[str, list[dict[str, Any]]] = {}
    for event in people_events(house):
        enter(known, event)
        if event.action in KEYS_GIVEN:
            certificate = _certificate(house, known[event.subject])
            earlier.setdefault(event.subject, []).append(certificate | {"since": event.at})
    return [
        {
            "identifier": person.identifier,
            "name": person.name,
            "role": person.role.value,
            "studies": [*person.studies],
            "standing": standing_of(person, now),
            "locked": is_locked(house.ledger.events(person=person.identifier), person.identifier),
            "revoked_at": person.revoked_at,
            "certificate": earlier[person.identifier][-1],
            "earlier": earlier[person.identifier][:-1],
            "key_of": person.first_user or None,
            "warnings": [*name_warnings(known, person.identifier)],
        }
        for person in known.values()
    ]


def _with_certificate(
    house: House, identifier: str, name: str | None, role: Role, credential: Issuance | Registration
) -> tuple[Person, bytes | None]:
    """Return the person with an issued or registered certificate, and the key to store (None if there is none)."""
    if isinstance(credential, Issuance):
        if name is None:
            raise ReviewError(
                f"{identifier} has no printed name; expected one for the signatures; give --name"
            )
        return house.certifier.issue(identifier, name, role, credential)
    person = house.certifier.register(identifier, role, credential)
    return person, credential.key


def _keeping(house: House, identifier: str, key: bytes | None) -> Callable[[], None] | None:
    """Return a function that stores the key of a person after the change is recorded; None when there is no key."""
    return None if key is None else partial(house.certifier.keep, identifier, key)


def _unrevoked(known: Mapping[str, Person], identifier: str) -> Person:
    """Return the person of that identifier; raise ReviewError for the service or a revoked person."""
    person = person_named(known, identifier)
    if person.role is Role.SERVICE:
        raise ReviewError(
            f"{identifier} is the service; expected a person; 'medicore people renew' gives it a new key"
        )
    if person.revoked_at is not None:
        raise ReviewError(
            f"{identifier} was revoked on {person.revoked_at}, for ever; expected a person in force; add another"
        )
    return person


def _certificate(house: House, person: Person) -> dict[str, Any]:
    return {
        "serial": house.certifier.serial(person),
        "fingerprint": person.fingerprint,
        "issuer": "elsewhere" if person.chain else "embedded authority",
        "valid_from": person.valid_from,
        "valid_until": person.valid_until,
    }
