"""The parameters of flows; an unknown key is refused before a run exists."""

from pydantic import BaseModel, ConfigDict


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AnalysisRequest(_Request):
    """One study's month, who asks for it and why; ``signature`` is what ``medicore request`` prints.

    Only a request of a schedule, in the name of the service, has no signature; without a month it is for the previous
    month. ``commit`` is the full commit of the code, if no other code may run.
    """

    study: str
    month: str = ""
    requester: str
    reason: str
    exploratory: bool = False
    signature: str = ""
    commit: str = ""


class PortfolioRequest(_Request):
    """The month of several studies; by default of all that have a protocol."""

    month: str
    requester: str
    reason: str
    studies: tuple[str, ...] = ()
    signature: str = ""


class ReplayRequest(_Request):
    """The sealed run to compute again; the code that runs must be that of its own commit."""

    run: str


class ReviewRequest(_Request):
    """The run on which somebody signed a decision; the decision itself is in the ledger."""

    run: str
