"""The index keeps what it is given, or nothing: it never gives back something else."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from medicore.records.ledger.indexed import Entry, Indexed, Numbers
from medicore.stores.ledger.index import SqliteIndex, key_from

KEY = b"the service's"
HEAD = (7, "a" * 64)
ENTRIES = (
    Entry("A/2025-01/1", 2, {"run": "A/2025-01/1", "estimate": 0.1 + 0.2, "messages": ["é"]}),
    Entry("B/2025-01/1", 5, {"run": "B/2025-01/1", "estimate": None, "messages": []}),
)
NUMBERS = (
    Numbers("A/2025-01/1", ("primary.estimate", "primary.n"), (0.1 + 0.2, 60.0)),
    Numbers("B/2025-01/1", (), ()),
)
KEPT = Indexed(HEAD, {entry.run: entry for entry in ENTRIES}, {found.run: found for found in NUMBERS})


@pytest.fixture
def index(tmp_path: Path) -> SqliteIndex:
    """An index of two runs."""
    made = SqliteIndex(tmp_path / "index.db", KEY)
    made.bring(HEAD, ENTRIES, NUMBERS, rebuild=True)
    return made


def test_what_is_kept_comes_back(index: SqliteIndex) -> None:
    """Every field comes back to the last bit; numbers only where asked for."""
    assert index.read(numbers=True) == KEPT
    assert index.read(numbers=False) == Indexed(HEAD, KEPT.entries)


def test_a_run_is_put_in_the_place_of_what_was_kept_of_it(index: SqliteIndex) -> None:
    """A changed run replaces what was kept, another joins it, and the head is the new one."""
    changed = Entry("B/2025-01/1", 5, {"run": "B/2025-01/1", "estimate": -1.5})
    index.bring((8, "b" * 64), [changed], [Numbers("B/2025-01/1", ("primary.n",), (61.0,))], rebuild=False)
    found = index.read(numbers=True)
    assert found is not None
    assert found.head == (8, "b" * 64)
    assert found.entries == {**KEPT.entries, changed.run: changed}
    assert found.numbers["B/2025-01/1"].values == (61.0,)


def test_begun_anew_nothing_is_left(index: SqliteIndex) -> None:
    """An index that is built again holds only what it is given."""
    index.bring(HEAD, ENTRIES[:1], NUMBERS[:1], rebuild=True)
    found = index.read(numbers=True)
    assert found is not None
    assert (set(found.entries), set(found.numbers)) == ({"A/2025-01/1"}, {"A/2025-01/1"})


def test_no_file_is_no_index(tmp_path: Path) -> None:
    """Reading makes no file, and a file of something else is none of ours."""
    path = tmp_path / "index.db"
    assert SqliteIndex(path, KEY).read(numbers=True) is None
    assert not path.exists()
    path.write_text("not a database, though long enough to be taken for one" * 100)
    assert SqliteIndex(path, KEY).read(numbers=False) is None


def test_an_index_that_another_key_made_is_none(index: SqliteIndex, tmp_path: Path) -> None:
    """Whoever writes the file with another key, or with none, is not believed; without a key nothing is kept (FAULTS 81)."""
    path = tmp_path / "index.db"
    for key in (b"another", b""):
        assert SqliteIndex(path, key).read(numbers=True) is None
    assert index.read(numbers=True) == KEPT
    SqliteIndex(path, b"another").bring(HEAD, ENTRIES, NUMBERS, rebuild=True)
    assert index.read(numbers=True) is None
    SqliteIndex(tmp_path / "none.db", b"").bring(HEAD, ENTRIES, NUMBERS, rebuild=True)
    assert not (tmp_path / "none.db").exists()


def test_older_rows_under_a_newer_head_are_none(index: SqliteIndex, tmp_path: Path) -> None:
    """The rows of an earlier state do not answer for a later head of the ledger."""
    with closing(sqlite3.connect(tmp_path / "index.db")) as connection, connection:
        connection.execute("UPDATE head SET sequence = 8, digest = ?", ("b" * 64,))
    assert index.read(numbers=False) is None


def test_the_key_is_made_from_the_services_secret(tmp_path: Path) -> None:
    """The key follows from the secret's bytes; who cannot read the file has none."""
    (tmp_path / "secret").write_bytes(b"words")
    key = key_from(tmp_path / "secret")
    assert len(key) == 32
    assert key == key_from(tmp_path / "secret") != b"words"
    assert key_from(tmp_path / "missing") == b""


@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA user_version = 99",
        "PRAGMA application_id = 1",
        "DELETE FROM head",
        "DELETE FROM entries WHERE run LIKE 'A%'",
        "UPDATE entries SET requested = 1",
        "UPDATE numbers SET found = zeroblob(16) WHERE run LIKE 'A%'",
        "UPDATE paths SET listed = 'primary.n' WHERE listed <> ''",
        "DELETE FROM paths",
        "DROP TABLE numbers",
        "UPDATE head SET sequence = 'seven'",
        "UPDATE entries SET line = NULL || x'00'",
    ],
)
def test_what_was_altered_is_not_answered_with(index: SqliteIndex, tmp_path: Path, statement: str) -> None:
    """Another make, a lost row, a changed value: nothing is kept then."""
    with closing(sqlite3.connect(tmp_path / "index.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        try:
            connection.execute(statement)
        except sqlite3.IntegrityError:
            connection.execute("UPDATE entries SET line = x'00'")
    assert index.read(numbers=True) is None


def test_a_flipped_bit_is_never_told(index: SqliteIndex, tmp_path: Path) -> None:
    """With any bit of the file flipped, what is read is what was kept or nothing."""
    path = tmp_path / "index.db"
    data = path.read_bytes()
    chance = np.random.default_rng(7)
    silent = 0
    for position in [*range(100), *chance.integers(100, len(data), 1500).tolist()]:
        damaged = bytearray(data)
        damaged[position] ^= 1 << int(chance.integers(8))
        path.write_bytes(bytes(damaged))
        found = index.read(numbers=True)
        if found is not None and found.head == HEAD:
            assert found == KEPT, position
            silent += 1
    assert silent < 1600


def test_two_who_write_at_once_leave_a_whole_index(index: SqliteIndex) -> None:
    """What several processes keep at the same time is whole, whoever was last."""

    def write(number: int) -> None:
        for turn in range(20):
            run = f"C/2025-{number + 1:02}/{turn + 1}"
            index.bring(HEAD, [Entry(run, turn, {"run": run})], [Numbers(run, (), ())], rebuild=False)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = index.read(numbers=True)
    assert found is not None
    assert len(found.entries) == 82
