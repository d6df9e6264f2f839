"""read_once: a ledger that the verification of a run reads, so that all its checks judge the same events and each is read once."""

from collections.abc import Iterator

from medicore.ports.ledger import Ledger
from medicore.records.ledger.ledger import LedgerEvent, NewEvent

_Query = tuple[str | None, str | None, str | None, int]


class ReadOnce:
    """A ledger whose answers about a subject, an action or a person are kept until something is appended."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[_Query, tuple[LedgerEvent, ...]] = {}

    def append(self, event: NewEvent) -> LedgerEvent:
        """Append one event, and forget every answer."""
        self._known.clear()
        return self._ledger.append(event)

    def events(
        self,
        *,
        subject: str | None = None,
        action: str | None = None,
        person: str | None = None,
        after: int = 0,
    ) -> Iterator[LedgerEvent]:
        """Yield events in order; those of the whole ledger are not kept, because they may be many."""
        if subject is action is person is None:
            return self._ledger.events(after=after)
        query = (subject, action, person, after)
        if query not in self._known:
            found = self._ledger.events(subject=subject, action=action, person=person, after=after)
            self._known[query] = tuple(found)
        return iter(self._known[query])

    def check_file(self) -> None:
        """Raise IntegrityError when the database of the ledger is damaged."""
        self._ledger.check_file()

    def head(self) -> tuple[int, str]:
        """Return sequence number and digest of the last event."""
        return self._ledger.head()
