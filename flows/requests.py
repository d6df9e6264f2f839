"""What flows are asked with; a key that is not here is refused before a run exists."""

from pydantic import BaseModel, ConfigDict


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AnalysisRequest(_Request):
    """One study's month, who asks for it and why; ``signature`` is what ``medicore request`` prints.

    Only what a schedule asks for, as the service, comes without one; without a month it is the one before. ``commit``
    is that of the code, in full, where no other may run.
    """

    study: str
    month: str = ""
    requester: str
    reason: str
    exploratory: bool = False
    signature: str = ""
    commit: str = ""


class PortfolioRequest(_Request):
    """The month of several studies; all that have a protocol when none is named."""

    month: str
    requester: str
    reason: str
    studies: tuple[str, ...] = ()
    signature: str = ""


class ReplayRequest(_Request):
    """The sealed run that is to be computed again; the code that runs must be of its own commit."""

    run: str


class ReviewRequest(_Request):
    """The run on which a decision has been signed; the decision itself is in the ledger."""

    run: str
