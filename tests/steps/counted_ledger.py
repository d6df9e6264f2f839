"""A ledger that counts how often it is asked."""

from collections.abc import Iterator
from typing import Any

from medicore.ports.ledger import Ledger
from medicore.records.ledger.ledger import LedgerEvent


class CountedLedger:
    """Asks another ledger, and counts; only what is read goes through here."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.asked = 0

    def events(self, **wanted: Any) -> Iterator[LedgerEvent]:
        """Yield the events that are wanted."""
        self.asked += 1
        return self._ledger.events(**wanted)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)
