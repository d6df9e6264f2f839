"""People and the roles that they have. All of it is derived from the ledger's events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from medicore.errors import IntegrityError, MediCoreError, ReviewError, UnknownPersonError
from medicore.records.identifiers import RESERVED, person_id, study_id
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import moment, timestamp
from medicore.records.people.public_key import fingerprint, public_key
from medicore.records.people.roles import PERMISSIONS, Permission, Role

__all__ = [
    "PERMISSIONS",
    "Permission",
    "Person",
    "Role",
    "enter",
    "people_of",
    "person_named",
    "printed_name",
    "require_active",
    "require_new_key",
    "require_own_key",
    "require_permission",
    "require_unused",
    "role_named",
    "standing_of",
    "studies_of_role",
    "user_of_key",
]


@dataclass(frozen=True, slots=True)
class Person:
    """A person, or the named service, as the ledger knows it.

    ``fingerprint`` is the SHA-256 of the certificate in DER, ``certificate`` the certificate in PEM. ``chain``
    holds the issuers of an external certificate, in PEM and up to their root; it is empty for a certificate of the
    embedded authority; ``studies`` are those that an inspector may read. Times are in UTC; ``revoked_at`` is None unless the certificate was revoked.

    A public key is used once, for ever. ``keys`` are the public keys that the identifier ever had, the present one
    last; ``first_user`` is who had the present key before, if the identifier is not its first user; ``key_shared_with``
    are all others who ever had one of these keys. The ledger's events give these three.
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
    studies: tuple[str, ...] = ()
    keys: tuple[str, ...] = field(default=(), compare=False, repr=False)
    first_user: str = field(default="", compare=False, repr=False)
    key_shared_with: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

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
        more = {"chain": self.chain, "studies": list(self.studies)}
        return {**details, **{key: value for key, value in more.items() if value}}


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


def studies_of_role(role: Role, studies: Iterable[str]) -> tuple[str, ...]:
    """Return the studies that somebody of a role may read, sorted; raise ReviewError unless just an inspector has them."""
    named = tuple(sorted({study_id(study) for study in studies}))
    if bool(named) != (role is Role.INSPECTOR):
        raise ReviewError(
            f"role {role.value} with {len(named)} study(ies) named; expected one or more for an inspector, and none for others; "
            "name them with --study"
        )
    return named


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
        _give_key(people, _person_in(event))
    elif event.action == "person.renewed":
        before, after = people.get(event.subject), _person_in(event)
        if before is None or before.revoked_at is not None or before.role is not after.role:
            raise _integrity_error(
                event, "renews a person who was never added, was revoked, or had another role"
            )
        _give_key(people, after)
    elif event.action == "person.revoked":
        person = people.get(event.subject)
        if person is None:
            raise _integrity_error(event, "revokes a person who was never added")
        if person.revoked_at is None:
            people[event.subject] = replace(person, revoked_at=event.at)
    elif event.action == "clock.corrected":
        _keep_revoked(people, event)


def _keep_revoked(people: dict[str, Person], correction: LedgerEvent) -> None:
    """Keep revoked at a correction of the clock who was revoked while it ran ahead: the ledger's order counts."""
    for person in [*people.values()]:
        if person.revoked_at is not None and moment(person.revoked_at) > moment(correction.at):
            people[person.identifier] = replace(person, revoked_at=correction.at)


def _give_key(people: dict[str, Person], person: Person) -> None:
    """Enter a person with a new certificate; note who had its public key before, or ever shared one with them."""
    key = public_key(person.certificate)
    before = people.get(person.identifier)
    users = [other.identifier for other in people.values() if key in other.keys]
    others = frozenset(users) - {person.identifier}
    people[person.identifier] = replace(
        person,
        keys=(*(before.keys if before else ()), key),
        first_user=users[0] if users else "",
        key_shared_with=others | (before.key_shared_with if before else frozenset()),
    )
    for other in others:
        shared = people[other].key_shared_with | {person.identifier}
        people[other] = replace(people[other], key_shared_with=shared)


def user_of_key(people: Mapping[str, Person], certificate: str) -> str:
    """Return who has or ever had the public key of a certificate in PEM; an empty text when nobody had."""
    key = public_key(certificate)
    return next((person.identifier for person in people.values() if key in person.keys), "")


def require_new_key(people: Mapping[str, Person], certificate: str) -> None:
    """Raise ReviewError when anybody has or ever had the public key of a certificate in PEM."""
    if user := user_of_key(people, certificate):
        raise ReviewError(
            f"the public key of this certificate is or was that of {user}; expected one that nobody ever had, since a "
            "key is used once; make a new key and have a certificate issued for it"
        )


def require_own_key(person: Person) -> None:
    """Raise ReviewError when another person had the public key before this one."""
    if person.first_user not in ("", person.identifier):
        raise ReviewError(
            f"the public key of {person.identifier} was that of {person.first_user} before; expected a key that is used "
            "once, by one person; renew it with a new key"
        )


def require_unused(people: Mapping[str, Person], identifier: str) -> str:
    """Return ``identifier`` if it is free for a person; raise ReviewError if it is reserved or anybody ever had it."""
    if identifier in RESERVED:
        raise ReviewError(
            f"identifier {identifier} is reserved: the ledger calls so what is not a person; expected another; choose one"
        )
    if person_id(identifier) in people:
        raise ReviewError(
            f"identifier {identifier} is taken; expected a new one, since an identifier stays taken even after a "
            "revocation; choose another"
        )
    return identifier


def person_named(people: Mapping[str, Person], identifier: str) -> Person:
    """Return the person of that identifier; raise UnknownPersonError when there is none."""
    if identifier not in people:
        raise UnknownPersonError(f"person {identifier[:40]!r} is unknown; see 'medicore people list'")
    return people[identifier]


def require_active(person: Person, at: str) -> None:
    """Raise ReviewError unless the person's certificate is valid at ``at``, and its public key is theirs alone."""
    if person.revoked_at is not None and moment(at) >= moment(person.revoked_at):
        raise ReviewError(
            f"the key of {person.identifier} was revoked on {person.revoked_at}; use another key"
        )
    require_own_key(person)
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
            studies=tuple(study_id(study) for study in found.get("studies", ())),
        )
        same = fingerprint(person.certificate) == person.fingerprint
    except (AttributeError, KeyError, TypeError, ValueError, MediCoreError) as error:
        raise _integrity_error(event, "holds a person without name, role or certificate") from error
    if not same:
        raise _integrity_error(event, "holds a certificate that differs from its fingerprint")
    return person


def _integrity_error(event: LedgerEvent, what: str) -> IntegrityError:
    return IntegrityError(f"ledger event {event.sequence} {what}; run 'medicore ledger verify'")
