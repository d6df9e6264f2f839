"""The port to the signatures of people and of the service."""

from typing import Protocol

from medicore.records.ledger.ledger import Checkpoint
from medicore.records.people.decision import Statement
from medicore.records.people.people import Person


class Seals(Protocol):
    """Signatures of people, and of the service that signs the ledger's head."""

    def prove(self) -> None:
        """Raise ConfigurationError when the keys lie behind links, or where others may write or read them."""
        ...

    def authority(self) -> bytes:
        """Return the certificate of the root authority, in PEM."""
        ...

    def sign(self, statement: Statement, passphrase: str) -> bytes:
        """Return the envelope of a decision, signed with its signer's key; raise ReviewError when the key does not open."""
        ...

    def verify(self, envelope: bytes, person: Person, at: str) -> Statement:
        """Return the decision in an envelope after verifying signature and certificate as of ``at``."""
        ...

    def attest(self, sequence: int, digest: str) -> bytes:
        """Return the head of the ledger, signed by the service."""
        ...

    def attested_by(self, envelope: bytes) -> str:
        """Return the fingerprint of the certificate that a signed head names; raise IntegrityError when it names none."""
        ...

    def verify_attestation(self, envelope: bytes, service: Person) -> Checkpoint:
        """Return the checkpoint in an envelope after verifying the signature."""
        ...
