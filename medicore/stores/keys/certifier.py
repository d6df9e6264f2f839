"""Keys and certificates of people: issued by the embedded authority, or registered from the company's authority."""

from collections.abc import Callable
from datetime import timedelta

from medicore.errors import ReviewError
from medicore.records.moment import timestamp
from medicore.records.people.act import Act
from medicore.records.people.credential import Issuance, NewKey, Registration
from medicore.records.people.people import Person, Role, printed_name
from medicore.records.people.public_key import fingerprint
from medicore.stores.clock import Clock
from medicore.stores.keys import signer
from medicore.stores.keys.authority import Authority, Subject
from medicore.stores.keys.certificates import (
    as_pem,
    load,
    load_all,
    require_chained,
    require_for_signatures,
    subject_of,
)

_AS_LONG_AS_THE_AUTHORITY = timedelta(days=365 * 100)
"""A validity that the authority shortens to its own."""


class AuthorityCertifier:
    """The certifier on the authority's folder; the authority is opened at its first use."""

    def __init__(self, authority: Callable[[], Authority], clock: Clock) -> None:
        self._authority = authority
        self._clock = clock

    def issue(self, identifier: str, name: str, role: Role, issuance: Issuance) -> tuple[Person, bytes]:
        """Return the person with a new certificate, and the PKCS#12 bytes of the new key; neither is stored yet."""
        return self._authority().certify(
            Subject(identifier, name, role),
            passphrase=issuance.passphrase,
            authority_passphrase=issuance.authority_passphrase,
            validity=timedelta(days=issuance.days),
        )

    def register(self, identifier: str, role: Role, registration: Registration) -> Person:
        """Return the person with an external certificate; printed name and validity are the certificate's.

        The file holds the certificate, and can hold its issuers after it.

        Raises
        ------
        ReviewError
            When the certificate is for another kind of key or use, has no name, or its chain is not valid now.
        """
        certificate, *more = load_all(registration.certificate)
        issuers = [*more, *(load_all(registration.chain) if registration.chain else [])]
        require_for_signatures(certificate, identifier)
        name, _ = subject_of(certificate)
        if not issuers:
            raise ReviewError(
                f"the certificate of {identifier} came without its issuers; expected them after it in its file, or "
                "in a file of their own; name it with --chain"
            )
        chain = "".join(map(as_pem, issuers))
        require_chained(certificate, chain, timestamp(self._clock.now()), identifier)
        pem = as_pem(certificate)
        return Person(
            identifier=identifier,
            name=printed_name(name or ""),
            role=role,
            fingerprint=fingerprint(pem),
            valid_from=timestamp(certificate.not_valid_before_utc),
            valid_until=timestamp(certificate.not_valid_after_utc),
            certificate=pem,
            chain=chain,
        )

    def keep(self, identifier: str, key: bytes) -> None:
        """Store a person's PKCS#12 bytes; they replace those of an earlier certificate."""
        self._authority().keep(identifier, key)

    def issue_service(
        self, service: Person, authority_passphrase: str, days: int | None
    ) -> tuple[Person, NewKey]:
        """Return the service with a new certificate, and its new key and passphrase; neither is stored yet."""
        return self._authority().certify_service(
            Subject(service.identifier, service.name, service.role),
            authority_passphrase=authority_passphrase,
            validity=_AS_LONG_AS_THE_AUTHORITY if days is None else timedelta(days=days),
        )

    def keep_service(self, identifier: str, key: NewKey) -> None:
        """Store the service's key and passphrase; they replace the earlier ones, whole or lost."""
        self._authority().keep_service(identifier, key)

    def serial(self, person: Person) -> str:
        """Return the serial number of a person's certificate, in hexadecimal digits."""
        return f"{load(person.certificate).serial_number:x}"

    def sign(self, act: Act, passphrase: str) -> bytes:
        """Return the envelope of an act, signed with its signer's key."""
        return signer.sign_act(act, self._authority().key(act.signer), passphrase)

    def sign_for_service(self, act: Act) -> bytes:
        """Return the envelope of an act of the service, signed with the service's key."""
        authority = self._authority()
        return signer.sign_act(act, authority.key(act.signer), authority.service_passphrase(act.signer))

    def verify(self, envelope: bytes, person: Person, at: str, recorded: str | None = None) -> Act:
        """Return the act in an envelope after verifying signature and certificate as of ``at``; see the port."""
        return signer.verify_act(envelope, person, self._authority().certificate, at, recorded)

    def sign_for_authority(self, act: Act, passphrase: str) -> bytes:
        """Return the envelope of an act of the authority, signed with its own key."""
        authority = self._authority()
        return signer.sign_act_for_authority(act, authority.open(passphrase), authority.certificate)

    def verify_authority(self, envelope: bytes, at: str) -> Act:
        """Return the act in an envelope after verifying that the authority signed it, as of ``at``."""
        return signer.verify_act_of_authority(envelope, self._authority().certificate, at)
