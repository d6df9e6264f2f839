"""People, their roles and the permissions of each role. All of it is derived from the ledger's events."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from medicore.errors import IntegrityError, ReviewError
from medicore.records.canonical import sha256
from medicore.records.identifiers import person_id
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import moment, timestamp

LOCK_OUT = 5
"""The number of wrong passphrases in a row after which a person is locked out (21 CFR 11.300(d))."""

UNLOCKING = frozenset({"person.unlocked", "person.renewed"})
"""The actions after which a locked person may sign again."""

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)-----END CERTIFICATE-----\n?", re.ASCII)


class Role(StrEnum):
    """The role of a person in the studies."""

    ANALYST = "analyst"
    REVIEWER = "reviewer"
    QUALITY = "quality"
    OPERATOR = "operator"
    SERVICE = "service"


class Permission(StrEnum):
    """What a role may allow. The permissions for the three decisions have the same names as their meanings.

    'administer' allows adding, renewing, revoking and unlocking people; 'view' allows seeing one patient's data;
    'extend' allows a later retention date or a legal hold on a record; 'lift' allows ending a legal hold.
    """

    REQUEST = "request"
    PROCEED = "proceed"
    APPROVE = "approve"
    REJECT = "reject"
    EXPORT = "export"
    ADMINISTER = "administer"
    VIEW = "view"
    EXTEND = "extend"
    LIFT = "lift"
    ATTEST = "attest"


PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.ANALYST: frozenset({Permission.REQUEST}),
        Role.REVIEWER: frozenset(
            {Permission.PROCEED, Permission.APPROVE, Permission.REJECT, Permission.EXPORT, Permission.VIEW}
        ),
        Role.QUALITY: frozenset(
            {
                Permission.APPROVE,
                Permission.REJECT,
                Permission.EXPORT,
                Permission.VIEW,
                Permission.ADMINISTER,
                Permission.EXTEND,
                Permission.LIFT,
            }
        ),
        Role.OPERATOR: frozenset({Permission.REQUEST, Permission.ADMINISTER, Permission.EXTEND}),
        Role.SERVICE: frozenset({Permission.REQUEST, Permission.ATTEST}),
    }
)
"""The permissions of each role; everything that the table does not list is denied (21 CFR 11.10(d), (g))."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person, or the named service, as the ledger knows it.

    ``fingerprint`` is the SHA-256 of the certificate in DER, ``certificate`` the certificate in PEM. ``chain``
    holds the issuers of an external certificate, in PEM and up to their root; it is empty for a certificate of the
    embedded authority. Times are in UTC; ``revoked_at`` is None unless the certificate was revoked.
    """

    identifier: str
    name: str
    role: Role
    fingerprint: str
    valid_from: str
    valid_until: str
    certificate: str
    revoked_at: str | None = None
    chain: str = ""

    def details(self) -> dict[str, Any]:
        """Return the details of the person that ``person.added`` and ``person.renewed`` hold."""
        details = {
            "name": self.name,
            "role": self.role.value,
            "fingerprint": self.fingerprint,
            "valid_from": self.valid_from,
            "valid_until": self.valid_until,
            "certificate": self.certificate,
        }
        return {**details, "chain": self.chain} if self.chain else details


def fingerprint(pem: str) -> str:
    """Return the SHA-256 of the one certificate in ``pem``, over its DER encoding.

    Raises
    ------
    ReviewError
        When the text holds anything other than exactly one certificate in PEM.
    """
    framed = _PEM.fullmatch(pem)
    try:
        encoded = base64.b64decode(framed[1].replace("\n", "") if framed else "", validate=True)
    except binascii.Error:
        encoded = b""
    if not encoded:
        raise ReviewError("no certificate in PEM was found; expected exactly one; export it again")
    return sha256(encoded)


def printed_name(text: str) -> str:
    """Return ``text`` if a signature can print it: 1 to 64 printable characters, no space at its ends.

    Raises
    ------
    ReviewError
        When it cannot. X.509 also allows at most 64 characters (RFC 5280, appendix A.1).
    """
    if not 0 < len(text) <= 64 or not text.isprintable() or text != text.strip():
        raise ReviewError("a printed name must have 1 to 64 printable characters and no space at its ends")
    return text


def role_named(text: str) -> Role:
    """Return the role called ``text``; raise ReviewError when there is none."""
    try:
        return Role(text)
    except ValueError as error:
        raise ReviewError(f"role {text[:40]!r} is unknown; expected one of {', '.join(Role)}") from error


def people_of(events: Iterable[LedgerEvent]) -> dict[str, Person]:
    """Return every person ever added, by identifier, in their state after the given events.

    Events about other subjects are ignored. The events up to a moment give the people at that moment; a signature
    is therefore verified with the certificate of its time, even when that certificate was renewed later.

    Raises
    ------
    IntegrityError
        When an identifier is used twice (21 CFR 11.100(a)); when an unknown person is revoked; when a renewal is
        of an unknown or revoked person or changes the role; when a certificate differs from its recorded fingerprint.
    """
    people: dict[str, Person] = {}
    for event in events:
        enter(people, event)
    return people


def enter(people: dict[str, Person], event: LedgerEvent) -> None:
    """Bring ``people``, as they were before an event, to how the event leaves them; raise as ``people_of`` does."""
    if event.action == "person.added":
        if event.subject in people:
            raise _integrity_error(event, "adds an identifier that is taken")
        people[event.subject] = _person_in(event)
    elif event.action == "person.renewed":
        before, after = people.get(event.subject), _person_in(event)
        if before is None or before.revoked_at is not None or before.role is not after.role:
            raise _integrity_error(
                event, "renews a person who was never added, was revoked, or had another role"
            )
        people[event.subject] = after
    elif event.action == "person.revoked":
        person = people.get(event.subject)
        if person is None:
            raise _integrity_error(event, "revokes a person who was never added")
        if person.revoked_at is None:
            people[event.subject] = replace(person, revoked_at=event.at)


def require_unused(people: Mapping[str, Person], identifier: str) -> str:
    """Return ``identifier`` if nobody has it or ever had it; raise ReviewError otherwise."""
    if person_id(identifier) in people:
        raise ReviewError(
            f"identifier {identifier} is taken; expected a new one, since an identifier stays taken even after a "
            "revocation; choose another"
        )
    return identifier


def person_named(people: Mapping[str, Person], identifier: str) -> Person:
    """Return the person of that identifier; raise ReviewError when there is none."""
    if identifier not in people:
        raise ReviewError(f"person {identifier[:40]!r} is unknown; see 'medicore people list'")
    return people[identifier]


def require_active(person: Person, at: str) -> None:
    """Raise ReviewError unless the person's certificate is valid at ``at``."""
    if person.revoked_at is not None and moment(at) >= moment(person.revoked_at):
        raise ReviewError(
            f"the key of {person.identifier} was revoked on {person.revoked_at}; use another key"
        )
    if not moment(person.valid_from) <= moment(at) <= moment(person.valid_until):
        raise ReviewError(
            f"the key of {person.identifier} is valid from {person.valid_from} to {person.valid_until}; "
            f"{at} is outside of that; have a new key issued"
        )


def standing_of(person: Person, at: str) -> str:
    """Return the status of the person's certificate at ``at``: in force, revoked, not yet valid or expired."""
    if person.revoked_at is not None and moment(at) >= moment(person.revoked_at):
        return "revoked"
    if moment(at) < moment(person.valid_from):
        return "not yet valid"
    return "expired" if moment(at) > moment(person.valid_until) else "in force"


def require_permission(person: Person, permission: Permission) -> None:
    """Raise ReviewError unless the person's role has the permission."""
    if permission not in PERMISSIONS[person.role]:
        allowed = ", ".join(sorted(role for role in Role if permission in PERMISSIONS[role]))
        raise ReviewError(
            f"{person.identifier} has the role {person.role}, which may not {permission}; expected one of {allowed}; "
            "ask a person with such a role"
        )


def is_locked(events: Iterable[LedgerEvent], person: str, limit: int = LOCK_OUT) -> bool:
    """Return whether ``person`` is locked out: ``limit`` wrong passphrases in a row, and nobody unlocked them.

    The count restarts at 0 when the person signs a decision or another act, and at ``person.unlocked``.
    ``person.locked`` locks at any count. Only ``person.unlocked`` ends a lock, or ``person.renewed``, because the
    new key has another passphrase.
    """
    failures = 0
    locked = False
    for event in events:
        if event.action in UNLOCKING and event.subject == person:
            failures, locked = 0, False
        elif event.action == "person.locked" and event.subject == person:
            locked = True
        elif event.actor != person:
            continue
        elif event.action == "decision.signed" or "envelope" in event.details:
            failures = 0
        elif event.action.endswith(".refused"):
            failures += event.details.get("cause") == "passphrase"
        locked = locked or failures >= limit
    return locked


def require_unlocked(events: Iterable[LedgerEvent], person: str, limit: int = LOCK_OUT) -> None:
    """Raise ReviewError when ``person`` is locked out."""
    if is_locked(events, person, limit):
        raise ReviewError(
            f"{person} is locked after {limit} wrong passphrases; expected that an operator unlocks; ask an operator"
        )


def _person_in(event: LedgerEvent) -> Person:
    """Return the person in a ``person.added`` or ``person.renewed`` event."""
    try:
        found = event.details
        person = Person(
            identifier=event.subject,
            name=printed_name(found["name"]),
            role=Role(found["role"]),
            fingerprint=found["fingerprint"],
            valid_from=timestamp(moment(found["valid_from"])),
            valid_until=timestamp(moment(found["valid_until"])),
            certificate=found["certificate"],
            chain=str(found.get("chain", "")),
        )
        same = fingerprint(person.certificate) == person.fingerprint
    except (AttributeError, KeyError, TypeError, ValueError, ReviewError, IntegrityError) as error:
        raise _integrity_error(event, "holds a person without name, role or certificate") from error
    if not same:
        raise _integrity_error(event, "holds a certificate that differs from its fingerprint")
    return person


def _integrity_error(event: LedgerEvent, what: str) -> IntegrityError:
    return IntegrityError(f"ledger event {event.sequence} {what}; run 'medicore ledger verify'")
