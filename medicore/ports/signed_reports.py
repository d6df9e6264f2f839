"""The port to what signs reports within the PDF."""

from collections.abc import Sequence
from typing import Protocol

from medicore.records.people.decision import Statement


class SignedReports(Protocol):
    """Reports signed within the PDF itself."""

    @property
    def time_stamp_authority(self) -> str | None:
        """The certificate, in PEM, by which time stamps are proved; None without a time stamping service."""
        ...

    def sign(self, pdf: bytes, statement: Statement, passphrase: str) -> bytes:
        """Return ``pdf`` with one more signature appended; raise ReviewError when the key stays shut."""
        ...

    def verify(
        self,
        signed: bytes,
        report: bytes,
        statements: Sequence[Statement],
        time_stamp_authority: str | None = None,
        chains: Sequence[str] = (),
    ) -> None:
        """Raise IntegrityError unless ``signed`` is the report with these signatures and nothing more.

        ``chains`` are, for each statement, the issuers of a certificate from elsewhere in PEM, empty for our own.
        """
        ...
