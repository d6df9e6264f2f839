"""The port to what issues keys and certificates, and to what signs and proves acts."""

from typing import Protocol

from medicore.records.people.act import Act
from medicore.records.people.credential import Issuance, Registration
from medicore.records.people.people import Person, Role


class Certifier(Protocol):
    """Issues and registers certificates; signs and proves acts."""

    def issue(self, identifier: str, name: str, role: Role, issuance: Issuance) -> tuple[Person, bytes]:
        """Return the person with a new certificate, and the PKCS#12 bytes of the new key, kept nowhere yet."""
        ...

    def register(self, identifier: str, role: Role, registration: Registration) -> Person:
        """Return the person with a certificate issued elsewhere, proved fit and vouched for by its chain."""
        ...

    def keep(self, identifier: str, key: bytes) -> None:
        """Keep a person's PKCS#12 bytes, in place of those of an earlier certificate."""
        ...

    def serial(self, person: Person) -> str:
        """Return the serial number of a person's certificate, in hexadecimal digits."""
        ...

    def sign(self, act: Act, passphrase: str) -> bytes:
        """Return the envelope of an act, signed with its signer's key; raise ReviewError when it stays shut."""
        ...

    def sign_for_service(self, act: Act) -> bytes:
        """Return the envelope of an act of the service, signed with its key."""
        ...

    def verify(self, envelope: bytes, person: Person, at: str) -> Act:
        """Return the act in an envelope, its signature and certificate proved as of ``at``."""
        ...
