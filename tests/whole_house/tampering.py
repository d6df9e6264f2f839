"""What one with the ledger's file can do to it behind the back of its guards."""

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from medicore.records.ledger.ledger import LedgerEvent


def force(ledger: Path, statement: str, *, guards: bool = True) -> None:
    """Do with the table ``events`` what its guards forbid; they are there again afterwards, or not."""
    with contextlib.closing(sqlite3.connect(ledger)) as connection:
        triggers = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        again = [f"{sql};" for sql in triggers.values()] if guards else []
        dropped = [f"DROP TRIGGER {name};" for name in triggers]
        connection.executescript("\n".join([*dropped, statement, ";", *again]))


def written_anew(events: Sequence[LedgerEvent], number: int, reason: str) -> str:
    """Return the statements that change an event's reason and every digest from there on."""
    statements, before = [], events[number - 2].digest
    for event in events[number - 1 :]:
        changed = replace(event, previous=before, reason=reason if event.sequence == number else event.reason)
        before = changed.compute_digest()
        told = changed.reason.replace("'", "''")
        statements.append(
            f"UPDATE events SET reason = '{told}', previous = '{changed.previous}', digest = '{before}' "  # noqa: S608 - our own
            f"WHERE sequence = {changed.sequence}"
        )
    return "; ".join(statements)
