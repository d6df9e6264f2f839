"""The ports to the ledger, to the locks of a month, and to the clock."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from medicore.records.ledger.ledger import LedgerEvent, NewEvent


class Ledger(Protocol):
    """The append-only, hash-chained audit trail."""

    def append(self, event: NewEvent) -> LedgerEvent:
        """Append one event and return it as part of the chain."""
        ...

    def events(
        self,
        *,
        subject: str | None = None,
        action: str | None = None,
        person: str | None = None,
        after: int = 0,
    ) -> Iterator[LedgerEvent]:
        """Yield events in order.

        ``subject`` (a run, or a prefix that ends in '/') limits them to events about it, ``person`` to events by or
        about this person, ``after`` to events with a larger sequence number.
        """
        ...

    def check_file(self) -> None:
        """Raise IntegrityError when the database of the ledger, including its indexes, is damaged."""
        ...

    def head(self) -> tuple[int, str]:
        """Return sequence number and digest of the last event; (0, 64 zeros) for an empty ledger."""
        ...


class Locks(Protocol):
    """Locks for exclusive work on one study and month."""

    def hold(self, study: str, month: str, purpose: str) -> AbstractContextManager[None]:
        """Hold the lock of the study's month; raise BusyError, which names the holder, when another process holds it."""
        ...


class Clock(Protocol):
    """The one source of time."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        ...
