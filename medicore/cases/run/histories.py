"""Histories: what the ledger tells of a run, or of every run of a study or month, read in one go."""

from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory, histories
from medicore.records.ledger.ledger import LedgerEvent


def history_of(house: House, run: RunId) -> RunHistory:
    """Return all that the ledger tells of a run now; it holds no event when nothing was ever told of it."""
    return RunHistory.of(run, house.ledger.events(subject=str(run)))


def histories_of(house: House, study: str, month: str | None = None) -> tuple[RunHistory, ...]:
    """Return the history of every run of a study (and month), in order of request."""
    return histories(house.ledger.events(subject=f"{study}/{month}/" if month else f"{study}/"))


def event_at(house: House, sequence: int) -> LedgerEvent | None:
    """Return the ledger's event of that number; None when the ledger does not hold it."""
    found = next(iter(house.ledger.events(after=sequence - 1)), None)
    return found if found is not None and found.sequence == sequence else None
