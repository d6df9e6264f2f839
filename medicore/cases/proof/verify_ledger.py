"""verify_ledger: the whole ledger, compared with its own chain and with the signed heads in the archive."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from medicore.cases.keeping.archived_ledger import copies
from medicore.cases.people.authority import require_authority
from medicore.cases.people.changes import people_check
from medicore.cases.people.signing_in import sessions_check
from medicore.cases.people.unblinding import unblindings_check
from medicore.cases.proof.inventory import archive_check
from medicore.cases.proof.verify_acts import move_checks
from medicore.cases.review.trail import reviews_check
from medicore.cases.run.attest import archived_keys, kept, key_of
from medicore.errors import IntegrityError, MediCoreError
from medicore.ports.house import House
from medicore.records.checking import AS_RECORDED, Check, CheckKind, attempt, refuted
from medicore.records.ledger.history import histories
from medicore.records.ledger.ledger import (
    GENESIS,
    Checkpoint,
    LedgerEvent,
    verify_chain,
)
from medicore.records.ledger.states import state_if_any
from medicore.records.people.told_once import require_told_once


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """The result: how far the chain is intact, its head, and each check.

    ``wrong`` are the first and the last sequence number between which the ledger differs from what was written; both
    are the same when the event is known exactly. It is None when nothing is wrong or no event is the cause.
    ``unkept`` are the heads without a copy in the archive: an interruption or a full archive explains them, and every
    later head covers them.
    """

    events: int
    head: str
    checkpoints: int
    attested: int
    unkept: tuple[int, ...]
    wrong: tuple[int, int] | None
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def warned(self) -> tuple[Check, ...]:
        """The checks that passed with a warning."""
        return tuple(check for check in self.checks if check.warned)

    @property
    def intact(self) -> bool | None:
        """Whether nothing is wrong; None when nothing is wrong so far, but a store did not answer."""
        if self.failed and all(check.unasked for check in self.failed):
            return None
        return not self.failed


class _Reading:
    """The part of the ledger that was read: digests by place, and the number of proved events."""

    def __init__(self) -> None:
        self.digests = [GENESIS]
        self.proved = 0
        self.heads: list[LedgerEvent] = []

    def of(self, events: Iterable[LedgerEvent]) -> Iterator[LedgerEvent]:
        """Yield the events; each counts as proved when the next one is requested."""
        for event in events:
            yield event
            self.proved += 1
            self.digests.append(event.digest)
            # An export's head is in its event and in the exported bundle, not in the archive.
            if event.action == "checkpoint.signed" and "envelope" not in event.details:
                self.heads.append(event)


def verify_ledger(house: House, authority: str | None = None) -> LedgerReport:
    """Read the whole ledger and return the checks: guards, chain, signed heads, authority, people, sessions, runs.

    ``authority`` is the fingerprint of the trusted authority, if one is given. Nothing is written.
    """
    reading = _Reading()
    checks = [_guards(house), _chain(house, reading)]
    wrong = None if checks[1].passed else (reading.proved + 1, reading.proved + 1)
    opened: dict[str, Checkpoint] = {}
    listed = archived_keys(house)
    try:
        heads = kept(house, listed)
    except MediCoreError as error:
        heads = ()
        checks.append(refuted(CheckKind.SIGNED_HEAD, "signed heads", error))
    for found in heads:
        try:
            opened[found.key] = found.opened(house)
        except MediCoreError as error:
            words = str(error).removeprefix(f"{found.key}: ")
            checks.append(Check(CheckKind.SIGNED_HEAD, found.key, False, words))
    if checks[1].passed:
        against, wrong = _against(house, reading, opened)
        trusted = attempt(CheckKind.AUTHORITY, "authority", partial(require_authority, house, authority))
        about_people = (
            people_check(house),
            sessions_check(house),
            unblindings_check(house),
            reviews_check(house),
        )
        checks += [*against, trusted, *about_people, *_moves(house), archive_check(house, listed)]
    keys = set(opened)
    return LedgerReport(
        events=reading.proved,
        head=reading.digests[-1],
        checkpoints=len(opened),
        attested=max((checkpoint.sequence for checkpoint in opened.values()), default=0),
        unkept=tuple(event.sequence for event in reading.heads if key_of(event) not in keys),
        wrong=wrong,
        checks=tuple(checks),
    )


def _guards(house: House) -> Check:
    try:
        house.ledger.check_file()
    except IntegrityError as error:
        return Check(CheckKind.GUARDS, "guards", False, str(error))
    return Check(CheckKind.GUARDS, "guards", True, "triggers and indexes as MediCore makes them")


def _chain(house: House, reading: _Reading) -> Check:
    try:
        verify_chain(reading.of(house.ledger.events()))
    except IntegrityError as error:
        return Check(CheckKind.CHAIN, "chain", False, str(error))
    return Check(
        CheckKind.CHAIN, "chain", True, f"{reading.proved} events, each with the digest of the one before it"
    )


def _moves(house: House) -> list[Check]:
    """Return a check that all changes of state of every run are allowed and were signed, or the failed checks.

    An event of a run that nobody asked for fails, and so does a signature that two events tell, whatever they are about.
    """
    events = tuple(house.ledger.events())
    told = histories(events)
    checks = [
        replace(check, subject=f"{history.run}: {check.subject}")
        for history in told
        for check in move_checks(house, history)
    ]
    once = attempt(CheckKind.TOLD_ONCE, "signatures, each told once", partial(require_told_once, events))
    checks += _unasked(events, {str(history.run) for history in told})
    failed = [check for check in (once, *checks) if not check.passed]
    words = f"{len(told)} runs, each as its states and the decisions on it allow"
    return failed or [Check(CheckKind.STATE, "runs", True, words)]


def _unasked(events: Iterable[LedgerEvent], asked: Collection[str]) -> list[Check]:
    """Return a check of each run that has events and that nobody asked for: it may have remarks, and no work."""
    others: dict[str, list[LedgerEvent]] = {}
    for event in events:
        if event.subject.count("/") == 2 and event.subject not in asked:
            others.setdefault(event.subject, []).append(event)
    return [
        attempt(CheckKind.STATE, f"{run}: states of the run", partial(state_if_any, own))
        for run, own in others.items()
    ]


def _against(
    house: House, reading: _Reading, opened: dict[str, Checkpoint]
) -> tuple[list[Check], tuple[int, int] | None]:
    """Return a check for each signed head, and the events between which the ledger differs from the heads."""
    checks = []
    wrong = None
    for key, checkpoint in sorted(opened.items(), key=lambda item: item[1].sequence):
        if checkpoint.sequence > reading.proved:
            first, found = reading.proved + 1, f"event {reading.proved + 1} is missing: the ledger ends at"
            found = f"{found} {reading.proved}, this head signed at {checkpoint.at} is event {checkpoint.sequence}"
            last = first
        elif reading.digests[checkpoint.sequence] != checkpoint.digest:
            first, last = _departure(house, reading, opened, checkpoint)
            place = f"event {first}" if first == last else f"an event from {first} to {last}"
            found = f"{place} is not the one that was there when this head was signed at {checkpoint.at}"
        else:
            checks.append(Check(CheckKind.SIGNED_HEAD, key, True, AS_RECORDED))
            continue
        wrong = wrong or (first, last)
        words = f"{found}; keep the ledger, take it from the archive"
        checks.append(Check(CheckKind.SIGNED_HEAD, key, False, words))
    return checks, wrong


def _departure(
    house: House, reading: _Reading, opened: dict[str, Checkpoint], head: Checkpoint
) -> tuple[int, int]:
    """Return the first event that differs, if a copy in the archive identifies it.

    Otherwise the two events between which it lies. A copy counts only as far as a signed head proves it.
    """
    for copy in copies(house, opened):
        before = copy.events[0].sequence - 1
        if before > reading.proved or reading.digests[before] != copy.events[0].previous:
            continue  # the ledger differs before this copy begins
        for event in copy.events:
            if event.sequence > min(reading.proved, head.sequence):
                break
            if event.digest != reading.digests[event.sequence]:
                return event.sequence, event.sequence
    # A ledger that was rolled back and then continued has its own later heads, signed after this one: they prove nothing.
    agreeing = (
        other.sequence
        for other in opened.values()
        if other.sequence < head.sequence
        and other.at <= head.at
        and reading.digests[other.sequence] == other.digest
    )
    return max(agreeing, default=0) + 1, head.sequence
