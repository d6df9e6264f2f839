"""Events as rows of the ledger's SQLite table, and the rows that answer a question."""

import contextlib
import json
import sqlite3

from medicore.errors import IntegrityError
from medicore.records.canonical import canonical
from medicore.records.ledger.ledger import LedgerEvent

_COLUMNS = "sequence, at, actor, role, action, subject, reason, details, previous, digest"
PAGE = 500


def condition_of(subject: str | None, action: str | None, person: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the condition that filters events, and its values."""
    parts: list[str] = []
    values: list[str] = []
    if subject is not None and subject.endswith("/"):
        # '0' is the character after '/', so the range holds the prefix exactly and the index serves it.
        parts.append("subject >= ? AND subject < ?")
        values += [subject, subject[:-1] + "0"]
    elif subject is not None:
        parts.append("subject = ?")
        values.append(subject)
    if action is not None:
        parts.append("action = ?")
        values.append(action)
    if person is not None:
        parts.append("(actor = ? OR subject = ?)")
        values += [person, person]
    return "".join(f" AND {part}" for part in parts), tuple(values)


def page_of(
    connection: sqlite3.Connection, condition: str, values: tuple[str, ...], after: int
) -> list[LedgerEvent]:
    """Return the next events after sequence number ``after``."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM events WHERE sequence > ?{condition} ORDER BY sequence LIMIT {PAGE}",  # noqa: S608
        (after, *values),
    )
    return [_event(row) for row in rows.fetchall()]


def below(connection: sqlite3.Connection, prefix: str) -> list[LedgerEvent]:
    """Return all events whose subject begins with ``prefix``, which ends in '/', in order."""
    condition, values = condition_of(prefix, None, None)
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM events WHERE sequence > 0{condition} ORDER BY sequence",  # noqa: S608 - constants
        values,
    )
    return [_event(row) for row in rows.fetchall()]


def last_event(connection: sqlite3.Connection) -> LedgerEvent | None:
    """Return the last event, or None."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM events ORDER BY sequence DESC LIMIT 1").fetchone()  # noqa: S608
    return None if row is None else _event(row)


def holds(connection: sqlite3.Connection, event: LedgerEvent) -> bool:
    """Return whether an event is stored at its place in the chain."""
    found = "SELECT 1 FROM events WHERE sequence = ? AND digest = ?"
    return connection.execute(found, (event.sequence, event.digest)).fetchone() is not None


def insert(connection: sqlite3.Connection, event: LedgerEvent) -> None:
    """Write an event's row, in the transaction that is open."""
    connection.execute(
        f"INSERT INTO events ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - constants
        (
            event.sequence,
            event.at,
            event.actor,
            event.role,
            event.action,
            event.subject,
            event.reason,
            canonical(event.details).decode(),
            event.previous,
            event.digest,
        ),
    )


def _event(row: tuple[object, ...]) -> LedgerEvent:
    """Return the event in a row; raise IntegrityError when a damaged file gave other types."""
    sequence, *texts = row
    found: object = None
    if isinstance(sequence, int) and all(isinstance(text, str) for text in texts):
        at, actor, role, action, subject, reason, details, previous, digest = map(str, texts)
        with contextlib.suppress(ValueError, RecursionError):
            found = json.loads(details)
        if isinstance(found, dict) and canonical(found) == details.encode():
            return LedgerEvent(sequence, at, actor, role, action, subject, reason, found, previous, digest)
    raise IntegrityError(
        f"ledger event {sequence} is not readable; expected what the ledger wrote; "
        "keep the file, take the ledger from the archive"
    )
