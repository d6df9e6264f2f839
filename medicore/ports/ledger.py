"""The ports to the ledger, to the locks of a month, and to the clock."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from medicore.records.ledger.ledger import LedgerEvent, NewEvent


class Ledger(Protocol):
    """The append-only, hash-chained audit trail."""

    def append(self, event: NewEvent) -> LedgerEvent:
        """Append one event and return it with its place in the chain."""
        ...

    def events(
        self,
        *,
        subject: str | None = None,
        action: str | None = None,
        person: str | None = None,
        after: int = 0,
    ) -> Iterator[LedgerEvent]:
        """Yield events in order, those about ``subject`` (a run, or a prefix ending in '/') when given.

        ``person`` leaves those that this person did or that are about this person; ``after`` leaves out all up to
        that sequence number.
        """
        ...

    def check_file(self) -> None:
        """Raise IntegrityError when the store under the ledger is damaged, its indexes too."""
        ...

    def head(self) -> tuple[int, str]:
        """Return sequence number and digest of the last event; (0, 64 zeros) for an empty ledger."""
        ...


class Locks(Protocol):
    """Exclusive work on one study and month."""

    def hold(self, study: str, month: str, purpose: str) -> AbstractContextManager[None]:
        """Hold the study's month alone; raise BusyError, naming the holder, when another process does."""
        ...


class Clock(Protocol):
    """The one source of time."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...
