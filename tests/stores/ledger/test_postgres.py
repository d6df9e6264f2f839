"""The PostgreSQL table refuses changes, shows the ones that were forced on it, and holds what a file would hold."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError, IntegrityError
from medicore.records.ledger.ledger import NewEvent, export_lines, verify_chain
from medicore.stores.clock import SystemClock
from medicore.stores.ledger.postgres import PostgresLedger
from medicore.stores.ledger.sqlite import SqliteLedger
from tests.postgres import Server

RUN = "MED-2024-0147/2025-03/1"
CLOCK = SystemClock()
TABLE = "ALTER TABLE medicore.events"
ALTER = "UPDATE medicore.events SET actor ="
OFF = f"{TABLE} DISABLE TRIGGER ALL; "
ON = f"; {TABLE} ENABLE ALWAYS TRIGGER events_follow; {TABLE} ENABLE ALWAYS TRIGGER events_stay"


def done(number: int = 0) -> NewEvent:
    """Return an event."""
    return NewEvent("ana", "analyst", "run.resumed", RUN, "because", {"number": number})


@pytest.fixture
def database(postgres: Server) -> str:
    """Return the name of a database whose ledger holds five events."""
    name = postgres.database()
    ledger = PostgresLedger(postgres.url(name), CLOCK)
    for number in range(5):
        ledger.append(done(number))
    return name


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE medicore.events SET reason = 'none' WHERE sequence = 2", "changes and forgets nothing"),
        ("UPDATE medicore.events SET reason = 'none' WHERE false", "changes and forgets nothing"),
        ("DELETE FROM medicore.events WHERE sequence = 5", "changes and forgets nothing"),
        ("TRUNCATE medicore.events", "changes and forgets nothing"),
        ("SET session_replication_role = replica; DELETE FROM medicore.events", "changes and forgets nothing"),
        ("INSERT INTO medicore.events SELECT 6, at, actor, role, action, subject, reason, details, previous, digest FROM medicore.events WHERE sequence = 1 "
         "ON CONFLICT (sequence) DO UPDATE SET reason = 'none'", "changes and forgets nothing"),
        ("INSERT INTO medicore.events SELECT 9, at, actor, role, action, subject, reason, details, previous, digest FROM medicore.events WHERE sequence = 1", "grows at its end"),
        ("INSERT INTO medicore.events SELECT 0, at, actor, role, action, subject, reason, details, previous, digest FROM medicore.events WHERE sequence = 1", "grows at its end"),
        ("INSERT INTO medicore.events SELECT 2, at, actor, role, action, subject, reason, details, previous, digest FROM medicore.events WHERE sequence = 1", "grows at its end"),
        ("INSERT INTO medicore.events SELECT NULL, at, actor, role, action, subject, reason, details, previous, digest FROM medicore.events WHERE sequence = 1", "grows at its end"),
    ],
)  # fmt: skip
def test_the_table_refuses_changes(postgres: Server, database: str, statement: str, message: str) -> None:
    """Update, delete, truncation, replacement and gaps are refused to the superuser too (FAULTS 5-7)."""
    with pytest.raises(PermissionError, match=message):
        postgres.sql(statement, database)
    assert verify_chain(PostgresLedger(postgres.url(database), CLOCK).events())[0] == 5


@pytest.mark.parametrize(
    ("change", "sequence"),
    [
        ("SET reason = 'none' WHERE sequence = 2", 2),
        ("SET details = '{\"number\":9}' WHERE sequence = 5", 5),
        ("SET details = '{\"number\": 1}' WHERE sequence = 2", 2),
        ("SET details = '[]' WHERE sequence = 3", 3),
        ("SET details = 'null and void' WHERE sequence = 3", 3),
        ("SET reason = E'two\\nlines' WHERE sequence = 3", 3),
        ("SET reason = '\", \"' WHERE sequence = 3", 3),
        ("SET sequence = 17 WHERE sequence = 4", 4),
    ],
)
def test_forced_changes_are_found(postgres: Server, database: str, change: str, sequence: int) -> None:
    """Whoever silences the triggers, changes an event and wakes them again is found out."""
    postgres.sql(OFF + "UPDATE medicore.events " + change + ON, database)
    ledger = PostgresLedger(postgres.url(database), CLOCK, read_only=True)
    with pytest.raises(IntegrityError, match=f"event {sequence} "):
        verify_chain(ledger.events())


def test_nothing_is_appended_to_an_altered_head(postgres: Server, database: str) -> None:
    """The ledger halts as soon as its last event is not what its digest says, and goes on once it is again."""
    ledger = PostgresLedger(postgres.url(database), CLOCK)
    postgres.sql(f"{OFF}{ALTER} 'mallory' WHERE sequence = 5{ON}", database)
    with pytest.raises(IntegrityError, match="event 5 does not match its digest"):
        ledger.append(done())
    postgres.sql(f"{OFF}{ALTER} 'ana' WHERE sequence = 5{ON}", database)
    assert ledger.append(done()).sequence == 6


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER events_stay ON medicore.events",
        "ALTER TABLE medicore.events DISABLE TRIGGER events_stay",
        "ALTER TABLE medicore.events ENABLE TRIGGER events_stay",
        "DROP TRIGGER events_follow ON medicore.events",
        "CREATE OR REPLACE FUNCTION medicore.events_stay() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER extra BEFORE INSERT ON medicore.events EXECUTE FUNCTION medicore.events_stay()",
        "CREATE RULE quiet AS ON INSERT TO medicore.events DO INSTEAD NOTHING",
        "ALTER TABLE medicore.events ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE medicore.events SET UNLOGGED",
        "CREATE TABLE more () INHERITS (medicore.events)",
        "ALTER TABLE medicore.events ALTER reason DROP NOT NULL",
        "ALTER TABLE medicore.events ALTER subject TYPE text COLLATE \"POSIX\"",
        "ALTER TABLE medicore.events ADD secret text",
        "DROP INDEX medicore.events_by_subject",
        "ALTER TABLE medicore.events DROP CONSTRAINT events_pkey",
    ],
)  # fmt: skip
@pytest.mark.parametrize("read_only", [False, True])
def test_a_ledger_without_its_guards_is_refused(
    postgres: Server, database: str, change: str, read_only: bool
) -> None:
    """The trail cannot be disabled: with its guards off, changed or joined by others, the ledger is not opened."""
    before = PostgresLedger(postgres.url(database), CLOCK)
    before.check_file()
    postgres.sql(change, database)
    with pytest.raises(IntegrityError, match="not a ledger as MediCore makes it"):
        PostgresLedger(postgres.url(database), CLOCK, read_only=read_only)
    with pytest.raises(IntegrityError, match="not a ledger as MediCore makes it"):
        before.check_file()


def test_check_file_finds_an_index_that_hides_events(postgres: Server, database: str) -> None:
    """An index that hides an event is found, although the chain is whole."""
    ledger = PostgresLedger(postgres.url(database), CLOCK)
    ledger.check_file()
    ready = "UPDATE pg_index SET indisready = {} WHERE indexrelid = 'medicore.events_by_subject'::regclass"
    postgres.sql(ready.format(False), database)
    ledger.append(done())
    postgres.sql(ready.format(True), database)
    assert verify_chain(ledger.events())[0] == 6
    with pytest.raises(IntegrityError, match="by subject, sequence differs from the table"):
        ledger.check_file()


def test_both_databases_hold_the_same_bytes(postgres: Server, tmp_path: Path) -> None:
    """The same events at the same times are, exported, the same bytes from SQLite and from PostgreSQL."""

    class FixedClock:
        def now(self) -> datetime:
            return datetime(2025, 4, 1, 6, 0, tzinfo=UTC)

    ledgers = (
        SqliteLedger(tmp_path / "ledger.sqlite", FixedClock()),
        PostgresLedger(postgres.url(postgres.database()), FixedClock()),
    )
    texts = [
        "",
        "plain",
        'quo"te',
        "back\\slash",
        "nul\x00",
        "line\nline\r\t",
        "mês ä ä",
        "שלום",
        "\u2028\x7f😀",
        "'); --",
    ]
    exported = []
    for ledger in ledgers:
        for text in texts:
            details = {text: [text, 1, 2.5, 1e300, None, True, {"ß": text}]}
            ledger.append(NewEvent(f"a{text}", f"r{text}", "run.resumed", f"s/{text}", text, details))
        assert [event.reason for event in ledger.events(subject="s/")] == texts
        assert [event.subject for event in ledger.events(subject=f"s/{texts[4]}")] == [f"s/{texts[4]}"]
        exported.append(b"".join(export_lines(ledger.events())))
    assert exported[0] == exported[1]


def test_a_role_of_its_own_may_append_and_nothing_else(postgres: Server, database: str) -> None:
    """With the rights that the operator's guide grants, a writer appends and reads; the table is not its to change."""
    writer = f"writer_{database}"
    postgres.sql(f"CREATE ROLE {writer} LOGIN PASSWORD 'writes'")
    url = postgres.url(database, writer, "writes")
    with pytest.raises(ConfigurationError, match="does not allow this role"):
        PostgresLedger(url, CLOCK)
    postgres.sql(f"GRANT USAGE ON SCHEMA medicore TO {writer}", database)
    postgres.sql(f"GRANT SELECT, INSERT ON medicore.events TO {writer}", database)
    ledger = PostgresLedger(url, CLOCK)
    assert ledger.append(done()).sequence == 6
    ledger.check_file()
    for statement in ("UPDATE medicore.events SET reason = ''", "DELETE FROM medicore.events", "TRUNCATE medicore.events",
                      "ALTER TABLE medicore.events DISABLE TRIGGER ALL", "DROP TABLE medicore.events"):  # fmt: skip
        with pytest.raises(PermissionError, match=r"permission denied|must be owner"):
            postgres.sql(f"SET ROLE {writer}; {statement}", database)
    assert verify_chain(ledger.events())[0] == 6


def test_reading_makes_and_changes_nothing(postgres: Server, database: str) -> None:
    """A ledger opened to be read refuses to append, and makes no empty one where there is none."""
    ledger = PostgresLedger(postgres.url(database), CLOCK, read_only=True)
    assert verify_chain(ledger.events()) == ledger.head()
    with pytest.raises(ConfigurationError, match="opened to be read"):
        ledger.append(done())
    empty = postgres.database()
    with pytest.raises(ConfigurationError, match="holds no ledger"):
        PostgresLedger(postgres.url(empty), CLOCK, read_only=True)
    assert postgres.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'medicore'", empty) == "0"


def test_a_database_that_cannot_hold_every_text_is_refused(postgres: Server) -> None:
    """A database in another encoding is refused before anything is made in it."""
    postgres.sql("CREATE DATABASE narrow ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(ConfigurationError, match="is not in UTF8"):
        PostgresLedger(postgres.url("narrow"), CLOCK)
    assert postgres.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'medicore'", "narrow") == "0"
