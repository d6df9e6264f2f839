"""The ledger's chain: each event holds the digest of its predecessor."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any, Self

from medicore.errors import InfrastructureError, IntegrityError
from medicore.records.canonical import canonical, sha256
from medicore.records.ledger.actions import ACTIONS, known_action
from medicore.records.moment import moment

__all__ = [
    "ACTIONS",
    "CLOCK_TOLERANCE",
    "GENESIS",
    "Checkpoint",
    "LedgerEvent",
    "NewEvent",
    "chain",
    "clock_steps",
    "export_lines",
    "import_lines",
    "steps_back",
    "verify_chain",
    "verify_part",
]

GENESIS = "0" * 64
"""The value that stands for a predecessor's digest in the first event."""

CLOCK_TOLERANCE = timedelta(seconds=60)
"""How far the clock may go back between two events: corrections by network time stay below this."""

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TEXTS = ("at", "actor", "role", "action", "subject", "reason", "previous", "digest")


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event before it has a place in the chain: who did what."""

    actor: str
    role: str
    action: str
    subject: str
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """An event in the chain: sequence number from 1, UTC time, its predecessor's digest, its own digest."""

    sequence: int
    at: str
    actor: str
    role: str
    action: str
    subject: str
    reason: str
    details: Mapping[str, Any]
    previous: str
    digest: str

    def as_json(self) -> dict[str, Any]:
        """Return the event as it is exported."""
        return {**self._body(), "digest": self.digest}

    def compute_digest(self) -> str:
        """Return the SHA-256 of the canonical JSON of everything but the digest itself.

        Raises
        ------
        IntegrityError
            When JSON cannot hold the value of a field; this happens when somebody altered the database.
        """
        try:
            return sha256(canonical(self._body()))
        except (TypeError, ValueError) as error:
            raise _integrity_error(self.sequence, "holds a value that no ledger writes") from error

    def _body(self) -> dict[str, Any]:
        return {
            "sequence": self.sequence,
            "at": self.at,
            "actor": self.actor,
            "role": self.role,
            "action": self.action,
            "subject": self.subject,
            "reason": self.reason,
            "details": dict(self.details),
            "previous": self.previous,
        }


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of the ledger at one moment, stored where the ledger's operator cannot change it."""

    sequence: int
    digest: str
    at: str

    def as_json(self) -> dict[str, Any]:
        """Return the checkpoint as it is signed and stored."""
        return {"sequence": self.sequence, "digest": self.digest, "at": self.at}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """Return the checkpoint that ``as_json`` gave.

        Raises
        ------
        IntegrityError
            When a key is missing, unknown, of another type or malformed.
        """
        match stored:
            case {"sequence": int(sequence), "digest": str(digest), "at": str(at), **more} if not more:
                checkpoint = cls(sequence, digest, at)
                if _DIGEST.fullmatch(digest) and sequence >= 0 and moment(at):
                    return checkpoint
        raise IntegrityError(
            "a checkpoint is malformed; expected sequence number, SHA-256 and time; take it from the archive"
        )


def chain(new: NewEvent, at: str, previous: LedgerEvent | None) -> LedgerEvent:
    """Return ``new`` as the event after ``previous``, or as the first event when ``previous`` is None.

    ``at`` is UTC, ISO 8601 with microseconds and ``Z``. The details become plain JSON.

    Raises
    ------
    IntegrityError
        When ``previous`` does not match its digest, the action is unknown, actor, role or subject is empty,
        the details are not JSON, or ``at`` is malformed.
    InfrastructureError
        When the clock is more than ``CLOCK_TOLERANCE`` earlier than ``previous`` and no operator has recorded
        ``clock.corrected``.
    """
    sequence = 1 if previous is None else previous.sequence + 1
    if previous is not None and previous.compute_digest() != previous.digest:
        raise _integrity_error(previous.sequence, "does not match its digest")
    for name in ("actor", "role", "subject"):
        if not getattr(new, name).strip():
            raise IntegrityError(f"an event {new.action[:40]!r} came without its {name}; say who did what")
    known_action(new.action)
    moment(at)
    if previous is not None and new.action != "clock.corrected" and steps_back(previous, at):
        raise InfrastructureError(
            f"the clock says {at}, event {previous.sequence} is of {previous.at}; expected no step back over "
            f"{CLOCK_TOLERANCE.total_seconds():.0f} s; set the clock, or sign with 'medicore ledger clock' that the "
            "ledger's last times are wrong"
        )
    try:
        details = json.loads(canonical(dict(new.details)))
    except (TypeError, ValueError) as error:
        raise IntegrityError(
            f"the details of an event {new.action!r} are no JSON; use texts, numbers, lists, mappings"
        ) from error
    before = GENESIS if previous is None else previous.digest
    values = (sequence, at, new.actor, new.role, new.action, new.subject, new.reason, details, before)
    return LedgerEvent(*values, LedgerEvent(*values, "").compute_digest())


def verify_chain(events: Iterable[LedgerEvent], checkpoints: Iterable[Checkpoint] = ()) -> tuple[int, str]:
    """Verify the whole chain and return the sequence number and digest of its last event.

    ``events`` are all events in the order in which they are stored; the result is ``(0, GENESIS)`` if there are
    none. ``checkpoints`` are the heads stored elsewhere: only they reveal a ledger that was truncated, rolled back
    or written again from the start.

    Raises
    ------
    IntegrityError
        When an event was edited, is missing, is out of order or is earlier than the clock allows; when the ledger
        ends before a checkpoint or differs from one. The message names the first sequence number that is wrong.
    """
    expected = sorted(checkpoints, key=lambda checkpoint: checkpoint.sequence)
    position = 0
    last: LedgerEvent | None = None
    for event in events:
        _verify_next(last, event)
        last = event
        while position < len(expected) and expected[position].sequence <= event.sequence:
            _verify_checkpoint(expected[position], event)
            position += 1
    head = (0, GENESIS) if last is None else (last.sequence, last.digest)
    for checkpoint in expected[position:]:
        if (checkpoint.sequence, checkpoint.digest) != head:
            raise IntegrityError(
                f"ledger event {head[0] + 1} is missing: the ledger ends at {head[0]}, the checkpoint of "
                f"{checkpoint.at} holds {checkpoint.sequence}; take the ledger from the archive"
            )
    return head


def verify_part(events: Sequence[LedgerEvent], head: Checkpoint) -> None:
    """Verify consecutive events that end at ``head``; the events before them are not needed.

    Raises
    ------
    IntegrityError
        When there is no event, an event was edited, is missing or out of order, or the last is not the head.
    """
    if not events:
        raise _integrity_error(head.sequence, "is missing")
    first = events[0]
    if first.compute_digest() != first.digest:
        raise _integrity_error(first.sequence, "does not match its digest")
    for last, event in pairwise(events):
        _verify_next(last, event)
    _verify_checkpoint(head, events[-1])


def clock_steps(events: Iterable[LedgerEvent]) -> tuple[int, ...]:
    """Return the sequence numbers of the events that are earlier than their predecessor."""
    found = []
    latest = ""
    for event in events:
        if event.at < latest:
            found.append(event.sequence)
        latest = event.at
    return tuple(found)


def export_lines(events: Iterable[LedgerEvent]) -> Iterator[bytes]:
    """Yield each event as one line of canonical JSON, with its newline."""
    for event in events:
        yield canonical(event.as_json()) + b"\n"


def import_lines(lines: Iterable[bytes]) -> Iterator[LedgerEvent]:
    """Yield the events that ``export_lines`` wrote; ``verify_chain`` verifies them afterwards.

    Raises
    ------
    IntegrityError
        When a line differs, in any byte, from what an export of its content would write.
    """
    for number, line in enumerate(lines, start=1):
        try:
            event = LedgerEvent(**json.loads(line))
            same = canonical(event.as_json()) + b"\n" == line
        except (TypeError, ValueError, RecursionError) as error:
            raise _integrity_error(number, "is not readable") from error
        if not same:
            raise _integrity_error(number, "differs from the format of an export")
        yield event


def _verify_next(last: LedgerEvent | None, event: LedgerEvent) -> None:
    """Raise IntegrityError unless ``event`` is the successor of ``last``."""
    sequence = 1 if last is None else last.sequence + 1
    if event.sequence != sequence:
        raise _integrity_error(
            sequence, f"is missing or out of order, {str(event.sequence)[:20]} was found in its place"
        )
    if not all(isinstance(getattr(event, name), str) for name in _TEXTS):
        raise _integrity_error(sequence, "holds a value that no ledger writes")
    if event.previous != (GENESIS if last is None else last.digest):
        raise _integrity_error(sequence, "does not continue the event before it")
    if event.compute_digest() != event.digest:
        raise _integrity_error(sequence, "does not match its digest")
    known_action(event.action)
    moment(event.at)
    if last is not None and event.action != "clock.corrected" and steps_back(last, event.at):
        raise _integrity_error(
            sequence, f"has the time {event.at}, which is earlier than that of the event before it"
        )


def _verify_checkpoint(checkpoint: Checkpoint, event: LedgerEvent) -> None:
    """Raise IntegrityError unless the checkpoint holds its event's digest."""
    known = (0, GENESIS) if checkpoint.sequence == 0 else (event.sequence, event.digest)
    if (checkpoint.sequence, checkpoint.digest) != known:
        raise _integrity_error(
            checkpoint.sequence, f"differs from the checkpoint of {checkpoint.at}: the ledger was replaced"
        )


def steps_back(previous: LedgerEvent, at: str) -> bool:
    """Return whether ``at`` is so much earlier than an event that only a correction of the clock may follow it."""
    return moment(previous.at) - moment(at) > CLOCK_TOLERANCE


def _integrity_error(sequence: int, what: str) -> IntegrityError:
    return IntegrityError(
        f"ledger event {sequence} {what}; expected the unbroken chain; keep the file, take the ledger from the archive"
    )
