"""The port to the index: a cache for questions about all runs. It is never evidence."""

from collections.abc import Iterable
from typing import Protocol

from medicore.records.ledger.indexed import Entry, Indexed, Numbers


class Index(Protocol):
    """The store of the index."""

    def read(self, *, numbers: bool) -> Indexed | None:
        """Return the stored index; None when there is none, it is damaged, or another version of MediCore wrote it."""
        ...

    def bring(
        self, head: tuple[int, str], entries: Iterable[Entry], numbers: Iterable[Numbers], *, rebuild: bool
    ) -> None:
        """Insert or replace runs, and store the ledger's head; with ``rebuild`` the index is emptied first.

        When the index cannot be written, the only effect is that the next question takes longer.
        """
        ...
