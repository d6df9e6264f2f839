"""people: who may act, by which key; every change is signed by the person who makes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from medicore.cases.people.acting import Actor, Brought, change
from medicore.cases.people.signers import people_events
from medicore.errors import ReviewError
from medicore.ports.house import House
from medicore.records.identifiers import person_id
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import timestamp
from medicore.records.people.credential import Issuance, Registration
from medicore.records.people.people import (
    PERMISSIONS,
    Permission,
    Person,
    Role,
    enter,
    is_locked,
    person_named,
    require_unused,
    role_named,
    standing_of,
)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is to be added: identifier, printed name (None: the certificate's) and role."""

    identifier: str
    name: str | None
    role: str


Credential = Callable[[], Issuance | Registration]
"""Gives what the certificate is made from; asked only once the actor has been found to be allowed."""


def add(house: House, actor: Actor, newcomer: Newcomer, credential: Credential) -> LedgerEvent:
    """Add a person with a role and a certificate; return the event.

    Raises
    ------
    ReviewError
        When the identifier is or ever was taken, the role is unknown or the service's, or the certificate cannot be
        made or is not fit; or when the actor may not. The refusal is in the ledger.
    """
    identifier = person_id(newcomer.identifier)

    def bring(known: Mapping[str, Person]) -> Brought:
        require_unused(known, identifier)
        role = role_named(newcomer.role)
        if role is Role.SERVICE:
            raise ReviewError(
                "the role service is not for people; expected another; 'medicore init' makes it"
            )
        person, key = _certified(house, identifier, newcomer.name, role, credential())
        return person.details(), key

    return change(house, actor, "person.added", identifier, bring)


def renew(
    house: House, actor: Actor, identifier: str, name: str | None, credential: Credential
) -> LedgerEvent:
    """Give a person a new key and certificate under the same identifier; return the event.

    What the earlier certificate signed stays valid; it signs nothing more. A locked person may sign again.

    Raises
    ------
    ReviewError
        When the person is unknown, revoked or the service, or as for ``add``.
    """

    def bring(known: Mapping[str, Person]) -> Brought:
        person = _standing(known, identifier)
        made, key = _certified(house, identifier, name or person.name, person.role, credential())
        if made.fingerprint == person.fingerprint:
            raise ReviewError(
                f"{identifier} has this very certificate already; expected a new one; have it issued"
            )
        return made.details(), key

    return change(house, actor, "person.renewed", identifier, bring)


def revoke(house: House, actor: Actor, identifier: str) -> LedgerEvent:
    """Take the force from a person's certificate, for ever; return the event. What it signed stays valid.

    Raises
    ------
    ReviewError
        When the person is unknown, revoked already, the service, or the last one who may administer people.
    """

    def bring(known: Mapping[str, Person]) -> Brought:
        person = _standing(known, identifier)
        now = timestamp(house.clock.now())
        others = [
            other.identifier
            for other in known.values()
            if Permission.ADMINISTER in PERMISSIONS[other.role] and standing_of(other, now) == "in force"
        ]
        if others == [identifier]:
            raise ReviewError(
                f"{identifier} is the last who may administer people; expected another one first; add an operator"
            )
        return {"fingerprint": person.fingerprint}, None

    return change(house, actor, "person.revoked", identifier, bring)


def unlock(house: House, actor: Actor, identifier: str) -> LedgerEvent:
    """Let a person sign again who was locked after wrong passphrases; return the event.

    Raises
    ------
    ReviewError
        When the person is unknown, or not locked.
    """

    def bring(known: Mapping[str, Person]) -> Brought:
        person_named(known, identifier)
        if not is_locked(house.ledger.events(person=identifier), identifier):
            raise ReviewError(
                f"{identifier} is not locked; expected a locked person; see 'medicore people list'"
            )
        return {}, None

    return change(house, actor, "person.unlocked", identifier, bring)


def listed(house: House) -> list[dict[str, Any]]:
    """Return a row for each person ever added: role, standing, current certificate, and those before it."""
    now = timestamp(house.clock.now())
    known: dict[str, Person] = {}
    earlier: dict[str, list[dict[str, Any]]] = {}
    for event in people_events(house):
        enter(known, event)
        if event.action != "person.revoked":
            certificate = _certificate(house, known[event.subject])
            earlier.setdefault(event.subject, []).append(certificate | {"since": event.at})
    return [
        {
            "identifier": person.identifier,
            "name": person.name,
            "role": person.role.value,
            "standing": standing_of(person, now),
            "locked": is_locked(house.ledger.events(person=person.identifier), person.identifier),
            "revoked_at": person.revoked_at,
            "certificate": earlier[person.identifier][-1],
            "earlier": earlier[person.identifier][:-1],
        }
        for person in known.values()
    ]


def _certified(
    house: House, identifier: str, name: str | None, role: Role, credential: Issuance | Registration
) -> tuple[Person, bytes | None]:
    """Return the person with the certificate that is issued or registered, and the key that is kept here, if any."""
    if isinstance(credential, Issuance):
        if name is None:
            raise ReviewError(
                f"{identifier} has no printed name; expected one for the signatures; give --name"
            )
        return house.certifier.issue(identifier, name, role, credential)
    person = house.certifier.register(identifier, role, credential)
    return person, credential.key


def _standing(known: Mapping[str, Person], identifier: str) -> Person:
    """Return the person of that identifier unless it is the service, or was revoked."""
    person = person_named(known, identifier)
    if person.role is Role.SERVICE:
        raise ReviewError(f"{identifier} is the service; expected a person; its key is of 'medicore init'")
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
