"""The table of the SQLite ledger with its guards: as it is made, and as a file has it."""

import sqlite3

APPLICATION = 0x4D454443
"""The letters MEDC in the file's header, so that no other database is taken for a ledger."""

SCHEMA = {
    "events": """CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    details TEXT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL
)""",
    "events_by_subject": "CREATE INDEX events_by_subject ON events (subject, sequence)",
    "events_by_action": "CREATE INDEX events_by_action ON events (action, sequence)",
    "events_stay": """CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger forgets nothing'); END""",
    "events_keep": """CREATE TRIGGER events_keep BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the ledger changes nothing'); END""",
    # INSERT OR REPLACE deletes without asking the trigger above, so only the next place may be filled.
    "events_follow": """CREATE TRIGGER events_follow BEFORE INSERT ON events
WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM events)
BEGIN SELECT RAISE(ABORT, 'the ledger grows at its end alone'); END""",
}


Row = tuple[str, str, str, str]
"""What the file says of one table, index or trigger: type, name, its table's name, and the statement that made it."""

MADE: frozenset[Row] = frozenset(
    (sql.split()[1].lower(), name, "events", sql) for name, sql in SCHEMA.items()
)
"""The rows of a ledger as MediCore makes it."""


def schema(connection: sqlite3.Connection) -> frozenset[Row]:
    """Return what the file says of its tables, indexes and triggers."""
    rows = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    return frozenset(rows.fetchall())
