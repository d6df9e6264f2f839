"""The index in a SQLite file. Keyed digests prove it at each reading, so that a forged cache gives no answer."""

import contextlib
import hmac
import json
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from medicore.records.canonical import canonical, sha256
from medicore.records.ledger.indexed import Entry, Indexed, Numbers

APPLICATION = 0x4D454449
"""The letters MEDI in the file's header."""

MAKE = 4
"""Rises whenever the tables or their meaning change; an index of another version is built again."""

_SCHEMA = """
CREATE TABLE head (sequence INTEGER NOT NULL, digest TEXT NOT NULL, entries TEXT NOT NULL, numbers TEXT NOT NULL);
CREATE TABLE entries (run TEXT PRIMARY KEY, digest TEXT NOT NULL, requested INTEGER NOT NULL, line TEXT NOT NULL);
CREATE TABLE numbers (run TEXT PRIMARY KEY, digest TEXT NOT NULL, paths TEXT NOT NULL, found BLOB NOT NULL);
CREATE TABLE paths (digest TEXT PRIMARY KEY, listed TEXT NOT NULL);
"""
_PATIENCE = 5.0
_WHOLE = {
    "entries": "SELECT run, digest FROM entries ORDER BY run",
    "numbers": "SELECT run, digest FROM numbers ORDER BY run",
}


def key_from(secret: Path) -> bytes:
    """Return a key made from a file that only the service can read; it is empty for users who cannot read the file."""
    try:
        return hmac.new(secret.read_bytes(), b"index", "sha256").digest()
    except OSError:
        return b""


class SqliteIndex:
    """A cache in one SQLite file, deleted and built again whenever it is not intact.

    Each row has its own digest, and the head has one of all rows. A flipped bit, a lost row and a file of another
    version have the same effect: the index counts as empty. Runs of one study share their list of paths. The digests
    are made with ``key`` (HMAC-SHA-256, RFC 2104): nobody can forge one without the key. Without a key nothing is
    stored and nothing is read.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._seal = _Seal(key)

    def read(self, *, numbers: bool) -> Indexed | None:
        """Return the stored index; None when there is none, or it is damaged or of another version."""
        if not self._seal or not self._path.is_file():
            return None
        try:
            with self._opened() as connection:
                connection.execute("BEGIN")  # everything is read from one state of the file
                return _indexed(connection, self._seal, numbers=numbers) if _ours(connection) else None
        except (sqlite3.Error, ValueError, TypeError, KeyError, AttributeError, struct.error, OSError):
            return None

    def bring(
        self, head: tuple[int, str], entries: Iterable[Entry], numbers: Iterable[Numbers], *, rebuild: bool
    ) -> None:
        """Insert or replace runs, and store the ledger's head; with ``rebuild`` the index is emptied first."""
        if not self._seal:
            return
        try:
            if rebuild:
                self._begin_empty()
            with self._opened() as connection:
                connection.execute("BEGIN IMMEDIATE")
                for entry in entries:
                    _put_entry(connection, self._seal, entry)
                for found in numbers:
                    _put_numbers(connection, self._seal, found)
                wholes = [self._seal.whole(connection, table, head) for table in _WHOLE]
                connection.execute("DELETE FROM head")
                connection.execute("INSERT INTO head VALUES (?, ?, ?, ?)", (*head, *wholes))
                connection.execute("COMMIT")
        except (sqlite3.Error, OSError):
            return  # busy, full or read-only: the answer is complete without the cache

    def _begin_empty(self) -> None:
        """Replace the file by an empty index."""
        scratch = self._path.with_name(f".{self._path.name}.new")
        scratch.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(scratch)) as connection:
            connection.executescript(_SCHEMA)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {MAKE}")
        # SQLite would use the journal of the old file for the new file.
        self._path.with_name(f"{self._path.name}-journal").unlink(missing_ok=True)
        scratch.replace(self._path)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        place = f"{self._path.absolute().as_uri()}?mode=rw"
        with contextlib.closing(
            sqlite3.connect(place, uri=True, timeout=_PATIENCE, isolation_level=None)
        ) as connection:
            connection.execute("PRAGMA synchronous = OFF")  # the digests show what a power cut damages
            yield connection


def _ours(connection: sqlite3.Connection) -> bool:
    """Return whether the file is an index of this version."""
    found = [
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    ]
    return found == [APPLICATION, MAKE]


def _indexed(connection: sqlite3.Connection, seal: "_Seal", *, numbers: bool) -> Indexed | None:
    """Return the contents of the tables; None unless every digest is right."""
    row = connection.execute("SELECT sequence, digest, entries, numbers FROM head").fetchone()
    if row is None:
        return None
    sequence, digest, *wholes = row
    asked = ("entries", "numbers") if numbers else ("entries",)
    if any(
        seal.whole(connection, table, (sequence, digest)) != whole
        for table, whole in zip(asked, wholes, strict=False)
    ):
        return None
    entries = {}
    for run, stored, requested, line in connection.execute(
        "SELECT run, digest, requested, line FROM entries"
    ):
        if seal.of(run, requested, line) != stored:
            return None
        entries[run] = Entry(run, requested, json.loads(line))
    found = _numbers(connection, seal) if numbers else {}
    return None if found is None else Indexed((int(sequence), str(digest)), entries, found)


def _numbers(connection: sqlite3.Connection, seal: "_Seal") -> dict[str, Numbers] | None:
    """Return the numbers of all runs; None unless every digest is right."""
    lists = {}
    for name, listed in connection.execute("SELECT digest, listed FROM paths"):
        if sha256(listed.encode()) != name:
            return None
        lists[name] = tuple(listed.split("\n")) if listed else ()
    numbers = {}
    for run, stored, paths, packed in connection.execute("SELECT run, digest, paths, found FROM numbers"):
        if seal.of(run, paths, sha256(packed)) != stored:
            return None
        numbers[run] = Numbers(run, lists[paths], struct.unpack(f"<{len(packed) // 8}d", packed))
    return numbers


def _put_entry(connection: sqlite3.Connection, seal: "_Seal", entry: Entry) -> None:
    line = canonical(dict(entry.line)).decode()
    row = (entry.run, seal.of(entry.run, entry.requested, line), entry.requested, line)
    connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", row)


def _put_numbers(connection: sqlite3.Connection, seal: "_Seal", numbers: Numbers) -> None:
    listed = "\n".join(numbers.paths)
    name = sha256(listed.encode())
    connection.execute("INSERT OR IGNORE INTO paths VALUES (?, ?)", (name, listed))
    packed = struct.pack(f"<{len(numbers.values)}d", *numbers.values)
    row = (numbers.run, seal.of(numbers.run, name, sha256(packed)), name, packed)
    connection.execute("INSERT OR REPLACE INTO numbers VALUES (?, ?, ?, ?)", row)


class _Seal:
    """The digests of an index, made with its key; false without a key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __bool__(self) -> bool:
        return bool(self._key)

    def of(self, *parts: object) -> str:
        """Return the digest of a row."""
        return hmac.new(self._key, canonical(list(parts)), "sha256").hexdigest()

    def whole(self, connection: sqlite3.Connection, table: str, head: tuple[int, str]) -> str:
        """Return one digest of all rows of a table and the ledger's head; lost and older rows change it."""
        return self.of(list(head), *(list(row) for row in connection.execute(_WHOLE[table])))
