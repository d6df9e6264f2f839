"""The port to the certificate authority: it issues keys and certificates, and signs and verifies acts."""

from typing import Protocol

from medicore.records.people.act import Act
from medicore.records.people.credential import Issuance, NewKey, Registration
from medicore.records.people.people import Person, Role


class Certifier(Protocol):
    """The certificate authority. It issues and registers certificates, and signs and verifies acts."""

    def issue(self, identifier: str, name: str, role: Role, issuance: Issuance) -> tuple[Person, bytes]:
        """Return the person with a new certificate, and the PKCS#12 bytes of the new key; neither is stored yet."""
        ...

    def register(self, identifier: str, role: Role, registration: Registration) -> Person:
        """Return the person with an external certificate, after verifying its use and its chain."""
        ...

    def keep(self, identifier: str, key: bytes) -> None:
        """Store a person's PKCS#12 bytes; they replace those of an earlier certificate."""
        ...

    def issue_service(
        self, service: Person, authority_passphrase: str, days: int | None
    ) -> tuple[Person, NewKey]:
        """Return the service with a new certificate, and its new key and passphrase; neither is stored yet.

        The certificate is valid as long as the authority's, or for ``days``.
        """
        ...

    def keep_service(self, identifier: str, key: NewKey) -> None:
        """Store the service's key and passphrase; they replace the earlier ones, whole or lost."""
        ...

    def serial(self, person: Person) -> str:
        """Return the serial number of a person's certificate, in hexadecimal digits."""
        ...

    def sign(self, act: Act, passphrase: str) -> bytes:
        """Return the envelope of an act, signed with its signer's key; raise ReviewError when the key does not open."""
        ...

    def sign_for_service(self, act: Act) -> bytes:
        """Return the envelope of an act of the service, signed with the service's key."""
        ...

    def verify(self, envelope: bytes, person: Person, at: str, recorded: str | None = None) -> Act:
        """Return the act in an envelope after verifying signature and certificate as of ``at``.

        ``recorded`` is when the ledger first held the signature, by default ``at``: within an hour of the signer's time.
        """
        ...

    def sign_for_authority(self, act: Act, passphrase: str) -> bytes:
        """Return the envelope of an act of the authority; raise ReviewError when the passphrase does not open its key."""
        ...

    def verify_authority(self, envelope: bytes, at: str) -> Act:
        """Return the act in an envelope after verifying that the authority signed it, as of ``at``."""
        ...
