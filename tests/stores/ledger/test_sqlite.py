"""The SQLite file refuses changes, shows the ones that were forced on it, and says what is wrong with it."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from medicore.errors import BusyError, ConfigurationError, IntegrityError
from medicore.records.ledger.ledger import NewEvent, verify_chain
from medicore.stores.clock import SystemClock
from medicore.stores.ledger.sqlite import SqliteLedger
from tests.line.flipping import dump, says_the_same

RUN = "MED-2024-0147/2025-03/1"
CLOCK = SystemClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a ledger file with five events."""
    place = tmp_path / "state" / "ledger.sqlite"
    ledger = SqliteLedger(place, CLOCK)
    for number in range(5):
        ledger.append(NewEvent("ana", "analyst", "run.resumed", RUN, "because", {"number": number}))
    return place


def force(path: Path, *statements: str) -> None:
    """Do to the file what a person with SQLite and bad intent can do."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


DROP = "DROP TRIGGER events_keep"
RESTORE = "CREATE TRIGGER events_keep BEFORE UPDATE ON events\nBEGIN SELECT RAISE(ABORT, 'the ledger changes nothing'); END"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE events SET reason = 'none' WHERE sequence = 2", "changes nothing"),
        ("DELETE FROM events WHERE sequence = 5", "forgets nothing"),
        ("INSERT OR REPLACE INTO events SELECT * FROM events WHERE sequence = 2", "grows at its end"),
        ("INSERT INTO events SELECT 9, at, actor, role, action, subject, reason, details, previous, digest FROM events", "grows at its end"),
        ("INSERT INTO events SELECT 0, at, actor, role, action, subject, reason, details, previous, digest FROM events", "grows at its end"),
    ],
)  # fmt: skip
def test_the_file_refuses_changes(path: Path, statement: str, message: str) -> None:
    """Update, delete, replacement and gaps are refused by the file itself (FAULTS 5-7)."""
    before = path.read_bytes()
    with pytest.raises(sqlite3.IntegrityError, match=message):
        force(path, statement)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "sequence"),
    [
        ("UPDATE events SET reason = 'none' WHERE sequence = 2", 2),
        ("UPDATE events SET details = '{\"number\":9}' WHERE sequence = 5", 5),
        ("UPDATE events SET details = '{\"number\": 1}' WHERE sequence = 2", 2),
        ("UPDATE events SET details = '[]' WHERE sequence = 3", 3),
        ("UPDATE events SET details = 'null and void' WHERE sequence = 3", 3),
        ("UPDATE events SET details = x'7b7d' WHERE sequence = 3", 3),
        ("UPDATE events SET sequence = 17 WHERE sequence = 4", 4),
    ],
)
def test_forced_changes_are_found(path: Path, change: str, sequence: int) -> None:
    """Whoever takes the trigger away, changes an event and puts the trigger back is found out."""
    force(path, DROP, change, RESTORE)
    ledger = SqliteLedger(path, CLOCK, read_only=True)
    with pytest.raises(IntegrityError, match=f"event {sequence} "):
        verify_chain(ledger.events())


def test_text_that_is_no_unicode_is_found(path: Path) -> None:
    """A byte that breaks a text is reported as damage."""
    force(path, DROP, "UPDATE events SET reason = CAST(x'ff' AS TEXT) WHERE sequence = 2", RESTORE)
    with pytest.raises(IntegrityError, match="damaged"):
        verify_chain(SqliteLedger(path, CLOCK, read_only=True).events())


def test_nothing_is_appended_to_an_altered_head(path: Path) -> None:
    """The ledger halts as soon as its last event is not what its digest says."""
    force(path, DROP, "UPDATE events SET actor = 'mallory' WHERE sequence = 5", RESTORE)
    with pytest.raises(IntegrityError, match="event 5 does not match its digest"):
        SqliteLedger(path, CLOCK).append(NewEvent("ana", "analyst", "run.sealed", RUN))


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER events_stay",
        "DROP TRIGGER events_follow",
        "DROP INDEX events_by_subject",
        "CREATE TRIGGER extra BEFORE INSERT ON events BEGIN SELECT RAISE(IGNORE); END",
        "PRAGMA application_id = 1",
    ],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_ledger_without_its_guards_is_refused(path: Path, change: str, read_only: bool) -> None:
    """The trail cannot be disabled: without its triggers, or with others, the file is not opened."""
    force(path, change)
    with pytest.raises(IntegrityError, match="not a ledger as MediCore makes it"):
        SqliteLedger(path, CLOCK, read_only=read_only)


def test_every_bit_of_the_guards_is_watched(path: Path) -> None:
    """One bit changed in what the file says of its table, index and triggers is found: word, type and length."""
    before, page = dump(path), path.read_bytes()
    content = int.from_bytes(page[105:107])  # where the first page's cells begin, by SQLite's file format
    assert 2_000 < content < 4_000
    unseen = []
    for position in range(content, 4096):
        for mask in (0x01, 0x20):  # the types of SQLite's record, and the case of a letter
            damaged = bytearray(page)
            damaged[position] ^= mask
            path.write_bytes(damaged)
            try:
                ledger = SqliteLedger(path, CLOCK, read_only=True)
                ledger.check_file()
                verify_chain(ledger.events())
            except (IntegrityError, ConfigurationError):
                continue
            if not says_the_same(path, before):
                unseen.append((position, mask))
    assert unseen == []


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    """A database that is no ledger is refused and not changed."""
    path = tmp_path / "other.sqlite"
    force(path, "CREATE TABLE patients (id)")
    before = path.read_bytes()
    with pytest.raises(IntegrityError, match="not a ledger"):
        SqliteLedger(path, CLOCK)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Bytes that are no database are reported as such and kept."""
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"this is not a database at all, however long it goes on" * 99)
    with pytest.raises(IntegrityError, match="damaged or not a ledger"):
        SqliteLedger(path, CLOCK)
    assert path.read_bytes().startswith(b"this is not")


def test_check_file_finds_a_damaged_index(path: Path) -> None:
    """An index that hides events is found, although the chain is whole."""
    ledger = SqliteLedger(path, CLOCK, read_only=True)
    ledger.check_file()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        root, size = connection.execute(
            "SELECT rootpage, (SELECT * FROM pragma_page_size) FROM sqlite_master WHERE name = 'events_by_subject'"
        ).fetchone()
    data = bytearray(path.read_bytes())
    place = data.index(RUN.encode(), (root - 1) * size)
    assert place < root * size
    data[place] ^= 1
    path.write_bytes(data)
    assert verify_chain(ledger.events())[0] == 5
    with pytest.raises(IntegrityError, match="damaged"):
        ledger.check_file()


def test_a_truncated_file_is_found(path: Path) -> None:
    """A file that lost its end is reported as damaged."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(IntegrityError, match=r"damaged|ledger event"):
        verify_chain(SqliteLedger(path, CLOCK, read_only=True).events())


def test_a_missing_ledger_is_not_made_by_reading(tmp_path: Path) -> None:
    """Verification of a ledger that is gone fails, and makes no empty one in its place."""
    path = tmp_path / "ledger.sqlite"
    with pytest.raises(ConfigurationError, match="is missing"):
        SqliteLedger(path, CLOCK, read_only=True)
    assert not path.exists()


def test_reading_changes_nothing(path: Path) -> None:
    """A ledger opened to be read refuses to append, and its file keeps every byte."""
    before = path.read_bytes()
    ledger = SqliteLedger(path, CLOCK, read_only=True)
    assert verify_chain(ledger.events()) == ledger.head()
    with pytest.raises(ConfigurationError, match="opened to be read"):
        ledger.append(NewEvent("ana", "analyst", "run.sealed", RUN))
    assert path.read_bytes() == before


def test_a_write_protected_copy_can_be_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger on write-protected media, as in the archive, is opened without asking for more."""
    import os

    monkeypatch.setattr(os, "access", lambda *_: False)
    assert verify_chain(SqliteLedger(path, CLOCK, read_only=True).events())[0] == 5


def test_an_unusable_folder_is_a_matter_of_configuration(tmp_path: Path) -> None:
    """A place where no file can be made is reported with SQLite's own name of the trouble."""
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(ConfigurationError, match="SQLITE_CANTOPEN"):
        SqliteLedger(tmp_path / "ledger.sqlite", CLOCK)


def test_waiting_has_an_end(path: Path) -> None:
    """When another writer never lets go, the ledger says so after its patience and writes nothing."""
    ledger = SqliteLedger(path, CLOCK, patience=0.05, attempts=2)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError, match="other writers held the ledger"):
            ledger.append(NewEvent("ana", "analyst", "run.sealed", RUN))
        other.execute("ROLLBACK")
    assert ledger.head()[0] == 5


def test_opening_is_quick(path: Path) -> None:
    """Opening takes less than 10 ms, the best of five, so that every command can afford it."""
    spent = []
    for _ in range(5):
        begun = time.perf_counter()
        SqliteLedger(path, CLOCK)
        spent.append(time.perf_counter() - begun)
    assert min(spent) < 0.010


def test_the_file_alone_is_the_ledger(path: Path) -> None:
    """After an append no journal is left beside the file: a copy of it is a copy of all."""
    assert [place.name for place in path.parent.iterdir()] == ["ledger.sqlite"]
