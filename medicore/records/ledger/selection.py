"""Filters on the ledger's events."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from medicore.errors import ProtocolError
from medicore.records.ledger.actions import ACTIONS
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import timestamp

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Selection:
    """The conditions on an event that is shown; None means no condition.

    ``action`` is one action, or a family of actions when it ends in '.'. ``since`` and ``until`` are moments in the
    ledger's format; ``since`` is included, ``until`` is excluded.
    """

    action: str | None = None
    actor: str | None = None
    role: str | None = None
    since: str | None = None
    until: str | None = None

    def __post_init__(self) -> None:
        if self.action is not None and not any(_is_action(self.action, known) for known in ACTIONS):
            raise ProtocolError(
                f"action {self.action[:40]!r} is not one that the ledger knows; expected one of docs/ledger.md, "
                "or a family such as 'run.'"
            )

    def has(self, event: LedgerEvent) -> bool:
        """Return whether ``event`` meets every condition."""
        return (
            (self.action is None or _is_action(self.action, event.action))
            and self.actor in (None, event.actor)
            and self.role in (None, event.role)
            and (self.since is None or event.at >= self.since)
            and (self.until is None or event.at < self.until)
        )


def first_moment(text: str) -> str:
    """Return the first moment of ``text`` in the ledger's format.

    ``text`` is a day in UTC such as ``2025-03-31``, or an ISO 8601 moment with its zone.

    Raises
    ------
    ProtocolError
        When ``text`` is neither.
    """
    return timestamp(_moment(text))


def end_moment(text: str) -> str:
    """Return the first moment after ``text``, a day or a moment, in the ledger's format.

    Raises
    ------
    ProtocolError
        When ``text`` is neither a day nor a moment with its zone.
    """
    length = timedelta(days=1) if _DAY.fullmatch(text) else timedelta(microseconds=1)
    try:
        return timestamp(_moment(text) + length)
    except OverflowError as error:
        raise _format_error(text) from error


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        if _DAY.fullmatch(text):
            return found.replace(tzinfo=UTC)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _format_error(text) from error
    raise _format_error(text)


def _is_action(wanted: str, action: str) -> bool:
    return action.startswith(wanted) if wanted.endswith(".") else action == wanted


def _format_error(text: str) -> ProtocolError:
    return ProtocolError(
        f"time {text[:40]!r} is malformed; expected a day as 2025-03-31, or a moment as 2025-03-31T08:15:00Z"
    )
