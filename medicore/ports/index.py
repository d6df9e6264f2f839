"""The port to the index: what is asked of all runs at once, kept ready. A cache, never evidence."""

from collections.abc import Iterable
from typing import Protocol

from medicore.records.ledger.indexed import Entry, Indexed, Numbers


class Index(Protocol):
    """Where the index is kept."""

    def read(self, *, numbers: bool) -> Indexed | None:
        """Return what is kept; None when nothing is, or it is damaged or of another make."""
        ...

    def bring(
        self, head: tuple[int, str], entries: Iterable[Entry], numbers: Iterable[Numbers], *, anew: bool
    ) -> None:
        """Put runs in or in place of what is kept of them, and note the ledger's head; ``anew`` begins empty.

        A cache that cannot be written leaves the next question slower and no other trace.
        """
        ...
