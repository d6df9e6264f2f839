"""Signing and verifying with the keys of the embedded authority."""

from collections.abc import Callable

from medicore.records.ledger.ledger import Checkpoint
from medicore.records.moment import timestamp
from medicore.records.people.decision import Statement
from medicore.records.people.people import Person
from medicore.stores.clock import Clock
from medicore.stores.keys import signer
from medicore.stores.keys.authority import Authority
from medicore.stores.privacy import require_own_keys


class AuthoritySeals:
    """Seals with the keys in the authority's folder; the authority is opened at its first use."""

    def __init__(self, authority: Callable[[], Authority], clock: Clock, service: str) -> None:
        self._authority = authority
        self._clock = clock
        self._service = service

    def prove(self) -> None:
        """Raise ConfigurationError when the path of the keys contains a link, or others may read or write them."""
        require_own_keys(self._authority().folder)

    def authority(self) -> bytes:
        """Return the certificate of the root authority, in PEM."""
        return self._authority().certificate

    def sign(self, statement: Statement, passphrase: str) -> bytes:
        """Return the envelope of a decision, signed with its signer's key."""
        return signer.sign(statement, self._authority().key(statement.signer), passphrase)

    def verify(self, envelope: bytes, person: Person, at: str) -> Statement:
        """Return the decision in an envelope after verifying signature and certificate as of ``at``."""
        return signer.verify(
            envelope,
            person.certificate,
            self._authority().certificate,
            at,
            revoked_at=person.revoked_at,
            chain=person.chain,
        )

    def attest(self, sequence: int, digest: str) -> bytes:
        """Return the head of the ledger, signed by the service."""
        authority = self._authority()
        checkpoint = Checkpoint(sequence, digest, timestamp(self._clock.now()))
        return signer.sign_checkpoint(
            checkpoint, authority.key(self._service), authority.service_passphrase(self._service)
        )

    def attested_by(self, envelope: bytes) -> str:
        """Return the fingerprint of the certificate that a signed head names; raise IntegrityError when it names none."""
        return signer.key_named(envelope)

    def verify_attestation(self, envelope: bytes, service: Person) -> Checkpoint:
        """Return the checkpoint in an envelope after verifying the signature."""
        return signer.verify_checkpoint(envelope, service.certificate, self._authority().certificate)
