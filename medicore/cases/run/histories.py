"""Histories: the ledger's events on a run, or on every run of a study or month, in one reading."""

from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory, histories
from medicore.records.ledger.ledger import LedgerEvent


def history_of(house: House, run: RunId) -> RunHistory:
    """Return the history of a run as the ledger has it now; it is empty for an unknown run."""
    return RunHistory.of(run, house.ledger.events(subject=str(run)))


def histories_of(house: House, study: str, month: str | None = None) -> tuple[RunHistory, ...]:
    """Return the history of every run of a study (and month), in order of request."""
    return histories(house.ledger.events(subject=f"{study}/{month}/" if month else f"{study}/"))


def event_at(house: House, sequence: int) -> LedgerEvent | None:
    """Return the ledger's event with that number; None when there is none."""
    found = next(iter(house.ledger.events(after=sequence - 1)), None)
    return found if found is not None and found.sequence == sequence else None
