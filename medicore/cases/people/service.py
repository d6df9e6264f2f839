"""service: the keys of the service, each with the events between which it is in force, and the way to a new key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from medicore.cases.people.acting import Actor, ChangeDetails, change
from medicore.cases.people.logged import SERVICE
from medicore.cases.people.signers import KEYS_GIVEN, people_events
from medicore.errors import IntegrityError, ReviewError
from medicore.ports.house import House
from medicore.records.ledger.ledger import Checkpoint, LedgerEvent
from medicore.records.people.people import Person, Role, enter, person_named, require_new_key


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """The service with one of its certificates, the event that issued it, and the event that replaced it, if any."""

    service: Person
    since: int
    until: int | None = None

    def opened(self, house: House, envelope: bytes) -> Checkpoint:
        """Return the signed head in an envelope; raise IntegrityError unless this key was in force at the head's event."""
        head = house.seals.verify_attestation(envelope, self.service)
        if head.sequence < self.since or (self.until is not None and head.sequence >= self.until):
            ended = "" if self.until is None else f", and was replaced by event {self.until}"
            raise IntegrityError(
                f"the head of event {head.sequence} was signed by the service's key {self.service.fingerprint[:12]}, which "
                f"was given by event {self.since}{ended}; expected the key in force at that event; keep the head, and "
                "find out who has that key"
            )
        return head


def service_keys(house: House) -> Mapping[str, ServiceKey]:
    """Return every key that the ledger ever gave the service, by the fingerprint of its certificate."""
    known: dict[str, Person] = {}
    keys: dict[str, ServiceKey] = {}
    last: ServiceKey | None = None
    for event in people_events(house):
        enter(known, event)
        if event.subject != SERVICE or event.action not in (*KEYS_GIVEN, "person.revoked"):
            continue
        if last is not None and last.until is None:
            keys[last.service.fingerprint] = replace(last, until=event.sequence)
        if event.action in KEYS_GIVEN:
            last = ServiceKey(known[SERVICE], event.sequence)
            keys[last.service.fingerprint] = last
    return keys


def opened_head(house: House, keys: Mapping[str, ServiceKey], envelope: bytes) -> Checkpoint:
    """Return the signed head in an envelope; raise IntegrityError unless one of ``keys`` signed it, while in force."""
    fingerprint = house.seals.attested_by(envelope)
    if fingerprint not in keys:
        raise IntegrityError(
            f"a head was signed by a key {fingerprint[:12]!r} that this ledger never gave the service; expected one of its "
            f"{len(keys)}; the ledger may have been cut off before it: keep the ledger, and restore it from the archive"
        )
    return keys[fingerprint].opened(house, envelope)


def signed_head(house: House, sequence: int, digest: str) -> bytes:
    """Return the head of the ledger at an event, signed with the service's key that was in force at that event.

    Raises
    ------
    ConfigurationError
        When the service's passphrase is missing, or open to others.
    ReviewError
        When the service's key is missing, does not open, or is not the one in force at that event.
    """
    envelope = house.seals.attest(sequence, digest)
    try:
        opened_head(house, service_keys(house), envelope)
    except IntegrityError as error:
        raise ReviewError(f"a head that the service's key signs would be refused: {error}") from error
    return envelope


def renew_service(
    house: House, actor: Actor, authority_passphrase: Callable[[], str], days: int | None = None
) -> LedgerEvent:
    """Give the service a new key, certificate and passphrase file, even if the earlier ones are lost.

    Return the event, which ``actor`` signs. The certificate is valid as long as the authority's, or for ``days``.
    What the earlier key signed up to this event stays valid; its signature on the head of any later event is refused.

    Raises
    ------
    ReviewError
        When the actor lacks the permission, gives a wrong passphrase or no reason, or when the passphrase of the
        authority is wrong. The ledger records the refusal.
    """

    def prepare(known: Mapping[str, Person]) -> ChangeDetails:
        service = person_named(known, SERVICE)
        if service.role is not Role.SERVICE:
            raise ReviewError(f"{SERVICE} is {service.role} here; expected the service; keep the ledger")
        made, key = house.certifier.issue_service(service, authority_passphrase(), days)
        require_new_key(known, made.certificate)
        return made.details(), partial(house.certifier.keep_service, SERVICE, key)

    return change(house, actor, "person.renewed", SERVICE, prepare)
