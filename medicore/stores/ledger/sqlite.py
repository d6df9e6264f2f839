"""The ledger in a SQLite file: one file that is complete at every moment, and refuses changes."""

import contextlib
import functools
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from medicore.errors import (
    BusyError,
    ConfigurationError,
    InfrastructureError,
    IntegrityError,
    MediCoreError,
)
from medicore.records.ledger.appending import Rule, month_of
from medicore.records.ledger.ledger import GENESIS, LedgerEvent, NewEvent, chain
from medicore.records.moment import timestamp
from medicore.stores.ledger.sqlite_rows import PAGE, below, condition_of, holds, insert, last_event, page_of
from medicore.stores.ledger.sqlite_schema import APPLICATION, MADE, SCHEMA, schema

if TYPE_CHECKING:  # the ports import pandas, which takes a second, and the ledger does not need it
    from medicore.stores.clock import Clock

_PAUSE = (0.0005, 0.004)
_OF_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT}

# SQLite uses POSIX locks: a process loses its lock on a file as soon as it closes any descriptor of the file. SQLite
# counts descriptors, but it looks and closes in two steps, and another thread's lock can fall between. So threads take
# turns.
_TURN = threading.Lock()

T = TypeVar("T")


class SqliteLedger:
    """The append-only, hash-chained audit trail in one SQLite file.

    Every append is one ``BEGIN IMMEDIATE`` transaction that reads the clock, so that sequence and time agree among
    threads and processes; the event is on the disk when the call returns. It uses a rollback journal, not a
    write-ahead log: then the file alone is always the complete ledger, and can be copied and archived as it is.

    ``path`` is created when missing, unless ``read_only``. Within the transaction ``rule`` decides whether an event
    may follow the events of its run's month. ``patience`` is how many seconds each of the ``attempts`` waits for
    other writers.

    Raises
    ------
    IntegrityError
        When the file is no ledger, is damaged, or lacks the triggers that forbid changes.
    ConfigurationError
        When the file is missing (read only), or cannot be opened or written.
    BusyError
        When other writers hold the ledger for all that time.
    """

    def __init__(
        self,
        path: Path,
        clock: "Clock",
        *,
        read_only: bool = False,
        rule: Rule | None = None,
        patience: float = 10.0,
        attempts: int = 3,
    ) -> None:
        self._path = path
        self._clock = clock
        self._read_only = read_only
        self._rule = rule
        self._patience = patience
        self._attempts = attempts
        if read_only and not path.is_file():
            raise ConfigurationError(f"ledger {path.name} is missing; expected the file; check the settings")
        self._attempt(self._prepare)

    def append(self, event: NewEvent) -> LedgerEvent:
        """Append one event and return it with its place in the chain; it is then durable."""
        if self._read_only:
            raise ConfigurationError("the ledger was opened to be read; open it for writing to append")
        sent: list[LedgerEvent] = []
        try:
            return self._attempt(lambda connection: self._append(connection, event, sent))
        except ConfigurationError:
            # A commit that fails halfway may have happened: the recovered file decides.
            if sent and self._has_kept(sent[-1]):
                return sent[-1]
            raise

    def events(
        self,
        *,
        subject: str | None = None,
        action: str | None = None,
        person: str | None = None,
        after: int = 0,
    ) -> Iterator[LedgerEvent]:
        """Yield events in order; ``subject`` is exact, or a prefix when it ends in '/'; ``after`` is a sequence number.

        ``person`` selects the events that this person caused or that are about this person. Pages are read one by
        one, so a slow reader does not delay a writer.
        """
        condition, values = condition_of(subject, action, person)
        last = after
        while True:
            page = self._attempt(functools.partial(page_of, condition=condition, values=values, after=last))
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1].sequence

    def head(self) -> tuple[int, str]:
        """Return sequence number and digest of the last event; (0, 64 zeros) for an empty ledger."""
        last = self._attempt(last_event)
        return (0, GENESIS) if last is None else (last.sequence, last.digest)

    def check_file(self) -> None:
        """Raise IntegrityError when the file's own structure is damaged, indexes, tables and triggers included."""
        if self._attempt(self._check) != "ok":
            raise _damaged(self._path)

    def _append(self, connection: sqlite3.Connection, new: NewEvent, sent: list[LedgerEvent]) -> LedgerEvent:
        self._begin(connection)
        at = timestamp(self._clock.now())
        month = None if self._rule is None else month_of(new)
        if self._rule is not None and month is not None:
            self._rule(below(connection, month), new, at)
        event = chain(new, at, last_event(connection))
        insert(connection, event)
        sent.append(event)
        connection.execute("COMMIT")
        return event

    def _has_kept(self, event: LedgerEvent) -> bool:
        """Return whether an event is stored permanently: the removal of the journal, which could undo it, is on the disk."""
        with contextlib.suppress(MediCoreError, OSError):
            if self._attempt(functools.partial(holds, event=event)):
                folder = os.open(self._path.absolute().parent, os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)
                return True
        return False

    def _begin(self, connection: sqlite3.Connection) -> None:
        """Begin to write as soon as no other process writes."""
        # SQLite itself asks only ten times a second, and so misses the short gaps that a busy writer leaves.
        connection.execute("PRAGMA busy_timeout = 0")
        until = time.monotonic() + self._patience
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as error:
                if not _held_by_others(error) or time.monotonic() > until:
                    raise
            time.sleep(random.uniform(*_PAUSE))  # noqa: S311 - so that writers do not ask at the same time
        connection.execute(f"PRAGMA busy_timeout = {self._patience * 1000:.0f}")

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Create the tables in an empty file; prove those of any other file."""
        if not self._read_only and not schema(connection):
            connection.execute("BEGIN IMMEDIATE")
            if not schema(connection):
                for statement in SCHEMA.values():
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute("COMMIT")
        self._require_guards(connection)

    def _check(self, connection: sqlite3.Connection) -> str:
        """Return what SQLite says of the file, after proving its guards."""
        self._require_guards(connection)
        return str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])

    def _require_guards(self, connection: sqlite3.Connection) -> None:
        """Raise IntegrityError unless table, index and triggers are those that MediCore makes."""
        if (
            connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION
            or schema(connection) != MADE
        ):
            raise IntegrityError(
                f"{self._path.name} is not a ledger as MediCore makes it: table or triggers differ; keep the file, "
                "take the ledger from the archive"
            )

    def _attempt(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Return the result of ``work`` on a new connection; it is repeated while others hold the file."""
        for attempt in range(1, self._attempts + 1):
            try:
                with _TURN, contextlib.closing(self._connect()) as connection:
                    return work(connection)
            except UnicodeDecodeError as error:  # even the text of SQLite's error is damaged
                raise _damaged(self._path) from error
            except sqlite3.Error as error:
                if not _held_by_others(error):
                    raise self._translated(error) from error
                if attempt == self._attempts:
                    raise BusyError(
                        f"other writers held the ledger for {attempt * self._patience:.0f} s; "
                        "wait for them, then try again"
                    ) from error
        raise AssertionError("at least one attempt is made")  # pragma: no cover

    def _connect(self) -> sqlite3.Connection:
        # A reader may have to roll back the journal of a killed writer, so it opens for writing if it can.
        mode = "rwc" if not self._read_only else "rw" if os.access(self._path, os.W_OK) else "ro"
        if mode == "rwc":
            self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=self._patience,
            isolation_level=None,
        )
        try:
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute("PRAGMA trusted_schema = OFF")
            if self._read_only:
                connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def _translated(self, error: sqlite3.Error) -> MediCoreError:
        """Return our error for one of SQLite's."""
        code = getattr(error, "sqlite_errorcode", None)
        if code is None or code & 0xFF in _CORRUPT or code == sqlite3.SQLITE_ERROR:
            return _damaged(self._path)
        on_disk = code & 0xFF in _OF_DISK
        return InfrastructureError(
            f"ledger {self._path.name} cannot be used ({error.sqlite_errorname}); "
            f"expected a folder that this account may write, with free space; "
            f"{'make room or mend the disk' if on_disk else 'correct owner and mode of the file, or the settings'}"
        )


def _held_by_others(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _damaged(path: Path) -> IntegrityError:
    return IntegrityError(
        f"{path.name} is damaged or not a ledger; expected the file that MediCore wrote; "
        "keep the file, take the ledger from the archive"
    )
