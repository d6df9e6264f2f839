"""The port for signatures inside the PDF of a report."""

from collections.abc import Sequence
from typing import Protocol

from medicore.records.people.decision import Statement


class SignedReports(Protocol):
    """Signatures inside the PDF of a report."""

    @property
    def time_stamp_authority(self) -> str | None:
        """Return the certificate, in PEM, that verifies time stamps; None without a time stamping service."""
        ...

    def sign(self, pdf: bytes, statement: Statement, passphrase: str) -> bytes:
        """Return ``pdf`` with one more signature appended; raise ReviewError when the key does not open."""
        ...

    def verify(
        self,
        signed: bytes,
        report: bytes,
        statements: Sequence[Statement],
        time_stamp_authority: str | None = None,
        chains: Sequence[str] = (),
    ) -> None:
        """Raise IntegrityError unless ``signed`` is the report with exactly these signatures.

        ``chains`` holds for each statement the issuers of an external certificate, in PEM; it is empty for a
        certificate of the embedded authority.
        """
        ...
