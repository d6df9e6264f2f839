"""The ports to a study's protocol and to its EDC."""

from typing import Protocol

from medicore.records.delivery.transfer import Transfer
from medicore.records.protocol.hypotheses.portfolio_family import PortfolioFamily
from medicore.records.protocol.protocol import Protocol as StudyProtocol


class Edc(Protocol):
    """A connector to an electronic data capture system."""

    def pull(self, study: str, month: str) -> Transfer:
        """Return the study's export for the month after verifying that it is complete; raise DataError otherwise."""
        ...


class Protocols(Protocol):
    """The studies' protocols."""

    def studies(self) -> tuple[str, ...]:
        """Return the identifiers of all studies."""
        ...

    def load(self, study: str) -> StudyProtocol:
        """Return the protocol of a study."""
        ...

    def families(self) -> tuple[PortfolioFamily, ...]:
        """Return the families of several studies' primaries."""
        ...
