"""verify_all: every run is verified, and the shared parts are read once: ledger, signed heads, authority, git's objects."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from medicore.cases.proof.verify import foundations, nothing_foreign, record_checks, tell
from medicore.cases.run.attest import archived_keys
from medicore.cases.run.runs import all_runs
from medicore.errors import IntegrityError
from medicore.ports.files import RecordFiles
from medicore.ports.house import House
from medicore.ports.ledger import Ledger
from medicore.records.checking import Check, CheckKind, attempt
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent, NewEvent

REPOSITORY = "record repository"


@dataclass(frozen=True, slots=True)
class Verified:
    """The checks of one run, or of the shared parts; for these ``run`` is None."""

    run: RunId | None
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def corrections(self) -> dict[str, str]:
        """The signed corrections of the run's events, and which events they skip."""
        return {
            check.subject: check.found
            for check in self.checks
            if check.kind is CheckKind.CORRECTION and check.passed
        }


class _Proved:
    """A ledger that, after it was read from end to end, returns only what it returned then."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._digests: dict[int, str] | None = None

    def append(self, event: NewEvent) -> LedgerEvent:
        """Append one event; it does not appear in this reading."""
        return self._ledger.append(event)

    def events(
        self,
        *,
        subject: str | None = None,
        action: str | None = None,
        person: str | None = None,
        after: int = 0,
    ) -> Iterator[LedgerEvent]:
        """Yield events in order; raise IntegrityError at one that has changed."""
        told: dict[int, str] = {}
        for event in self._ledger.events(subject=subject, action=action, person=person, after=after):
            if self._digests is None:
                told[event.sequence] = event.digest
                yield event
            elif event.sequence in self._digests:
                if event.compute_digest() != self._digests[event.sequence]:
                    raise IntegrityError(
                        f"ledger event {event.sequence} has changed while runs were verified; expected the event of "
                        "the beginning; keep the file, take the ledger from the archive"
                    )
                yield event
        if self._digests is None and (subject, action, person, after) == (None, None, None, 0):
            self._digests = told

    def check_file(self) -> None:
        """Raise IntegrityError when the ledger's store is damaged."""
        self._ledger.check_file()

    def head(self) -> tuple[int, str]:
        """Return sequence number and digest of the last event."""
        return self._ledger.head()


def verify_all(
    house: House,
    checkout: Callable[[RunId], RecordFiles | None] = lambda _: None,
    authority: str | None = None,
) -> Iterator[Verified]:
    """Yield the checks of every run, the same as those of ``verify`` for one; then those of the shared parts.

    The time grows with the number of runs and not with its square: the ledger is read once from end to end, and later
    readings of a run must agree with it. Failures leave an event for each run. ``authority`` is the fingerprint of
    the authority that is trusted, if one is named.
    """
    proved = replace(house, ledger=_Proved(house.ledger))
    listed = archived_keys(house)
    shared = foundations(proved, authority, listed)
    if not shared[0].passed:
        yield Verified(None, shared)
        return
    shared = (*shared, nothing_foreign(house))
    with house.records.reading() as records:
        once = replace(proved, records=records)
        for run in all_runs(once):
            checks = (*shared, *record_checks(once, run, checkout(run), listed))
            tell(house, run, checks)
            yield Verified(run, checks)
        yield Verified(None, (*shared, attempt(CheckKind.REPOSITORY, REPOSITORY, records.check)))
