"""The ledger in a PostgreSQL database: for several machines, with the same events as in the SQLite file."""

import contextlib
import functools
import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from medicore.errors import ConfigurationError, IntegrityError, MediCoreError
from medicore.records.canonical import canonical
from medicore.records.ledger.appending import Rule, month_of
from medicore.records.ledger.ledger import GENESIS, LedgerEvent, NewEvent, chain
from medicore.records.moment import timestamp
from medicore.stores.clock import Clock, DatabaseClock
from medicore.stores.ledger.postgres_schema import create, differences, exists
from medicore.stores.ledger.postgres_session import Connection, Row, Session

LOCK = 0x4D454443
"""The advisory lock for appending: the letters MEDC."""

_PAGE = 500
_TEXTS = ("at", "actor", "role", "action", "subject", "reason", "previous", "digest")
_COLUMNS = "sequence, at, actor, role, action, subject, reason, details, previous, digest"
_LAST = f"SELECT {_COLUMNS} FROM medicore.events ORDER BY sequence DESC LIMIT 1"  # noqa: S608 - constants
_INSERT = f"INSERT INTO medicore.events ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"  # noqa: S608
_ORDERS = ("sequence", "subject, sequence", "action, sequence")


class PostgresLedger:
    """The append-only, hash-chained audit trail in the table ``medicore.events`` of a PostgreSQL database.

    Every append is one transaction under an advisory lock that reads the clock, so that sequence and time agree among
    threads, processes and machines. A DatabaseClock follows the server's; with any other the times are that clock's. It is committed, and on the server's disk, when it returns. The connection may
    break at any point: then the event is looked for under the lock, and appended again only if it is missing.
    Triggers refuse every change, removal and gap, for every role.

    ``url`` is ``postgresql://…``; what it leaves out comes from ``PGPASSWORD``, ``PGPASSFILE`` and their like. The
    table is made when it is missing, unless ``read_only``. Within the transaction ``rule`` decides whether an event
    may follow the events of its run's month. ``patience`` is how many seconds each of the ``attempts`` waits.

    Raises
    ------
    IntegrityError
        When the table differs from the one that MediCore makes, lacks its triggers, or is damaged.
    ConfigurationError
        When there is no ledger (read only), the server cannot be reached or refuses the role, or, unless ``read_only``, this
        host's clock differs by more than a minute from the server's.
    BusyError
        When other writers hold the ledger for all that time.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        read_only: bool = False,
        rule: Rule | None = None,
        patience: float = 10.0,
        attempts: int = 5,
    ) -> None:
        self._clock = clock
        self._read_only = read_only
        self._rule = rule
        self._session = Session(url, read_only=read_only, patience=patience, attempts=attempts)
        self._session.run(self._prepare)

    def append(self, event: NewEvent) -> LedgerEvent:
        """Append one event and return it with its place in the chain; it is then durable."""
        if self._read_only:
            raise ConfigurationError("the ledger was opened to be read; open it for writing to append")
        sent: list[LedgerEvent] = []
        return self._session.run(lambda connection: self._append(connection, event, sent))

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
        condition, values = _condition(subject, action, person)
        statement = (
            f"SELECT {_COLUMNS} FROM medicore.events WHERE sequence > $1{condition} "  # noqa: S608 - constants
            f"ORDER BY sequence LIMIT {_PAGE}"
        )
        last = after
        while True:
            rows = self._session.run(functools.partial(_rows, statement=statement, values=(last, *values)))
            page = [_event(row) for row in rows]
            yield from page
            if len(page) < _PAGE:
                return
            last = page[-1].sequence

    def head(self) -> tuple[int, str]:
        """Return sequence number and digest of the last event; (0, 64 zeros) for an empty ledger."""
        row = self._session.run(lambda connection: connection.fetchrow(_LAST))
        last = None if row is None else _event(row)
        return (0, GENESIS) if last is None else (last.sequence, last.digest)

    def check_file(self) -> None:
        """Raise IntegrityError when the table has lost its guards, or an index differs from the table."""
        self._session.run(self._check)

    async def _append(self, connection: Connection, new: NewEvent, sent: list[LedgerEvent]) -> LedgerEvent:
        """Append ``new``, unless one of the events ``sent`` by interrupted attempts is stored already."""
        # A statement sees what was committed before it began, so the last event is read after the lock is taken.
        await connection.execute(
            f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_catalog.pg_advisory_xact_lock({LOCK})"
        )
        try:
            for event in sent:
                # The lock is free, so the interrupted attempt has ended, with or without its event.
                if await connection.fetchval(
                    "SELECT digest FROM medicore.events WHERE sequence = $1", event.sequence
                ) == _stored(event.digest):
                    await connection.execute("ROLLBACK")
                    return event
            at = timestamp(await self._now(connection))
            await self._require_possible(connection, new, at)
            row = await connection.fetchrow(_LAST)
            event = chain(new, at, None if row is None else _event(row))
        except MediCoreError:
            await connection.execute("ROLLBACK")
            raise
        texts = {name: _stored(getattr(event, name)) for name in _TEXTS}
        texts["details"] = canonical(event.details).decode()
        names = _COLUMNS.split(", ")[1:]
        await connection.execute(_INSERT, event.sequence, *(texts[name] for name in names))
        sent.append(event)
        await connection.execute("COMMIT")
        return event

    async def _now(self, connection: Connection) -> datetime:
        """Return the time of an event; raise InfrastructureError when this host's clock is far from the server's."""
        if not isinstance(self._clock, DatabaseClock):
            return self._clock.now()
        found: datetime = await connection.fetchval("SELECT pg_catalog.clock_timestamp()")
        self._clock.follow(found)
        if not self._read_only:
            self._clock.require_close()
        return found

    async def _require_possible(self, connection: Connection, new: NewEvent, at: str) -> None:
        """Ask the rule whether ``new`` may follow the events of its run's month."""
        month = None if self._rule is None else month_of(new)
        if self._rule is None or month is None:
            return
        condition, values = _condition(month, None, None)
        rows = await connection.fetch(
            f"SELECT {_COLUMNS} FROM medicore.events WHERE sequence > $1{condition} ORDER BY sequence",  # noqa: S608 - constants
            0,
            *values,
        )
        self._rule([_event(row) for row in rows], new, at)

    async def _prepare(self, connection: Connection) -> None:
        """Create the table if the database lacks it; otherwise prove it."""
        if await connection.fetchval("SHOW server_encoding") != "UTF8":
            raise ConfigurationError(
                f"{self._session.name} is not in UTF8; expected a database that holds every text; create it with "
                "ENCODING 'UTF8'"
            )
        if not await exists(connection):
            if self._read_only:
                raise ConfigurationError(
                    f"{self._session.name} holds no ledger; expected the table medicore.events; check the settings"
                )
            await create(connection, LOCK)
        await self._require_schema(connection)
        if isinstance(self._clock, DatabaseClock):
            await self._now(connection)
        await connection.fetchrow(_LAST)  # a role that may not read it gets the error at once

    async def _require_schema(self, connection: Connection) -> None:
        wrong = await differences(connection)
        if wrong:
            raise IntegrityError(
                f"{self._session.name} is not a ledger as MediCore makes it: {wrong[0]}; "
                "keep the database, take the ledger from the archive"
            )

    async def _check(self, connection: Connection) -> None:
        await self._require_schema(connection)
        for order in _ORDERS:
            found = [
                await _read_by(connection, order, settings)
                for settings in (
                    ("enable_seqscan", "enable_bitmapscan", "enable_sort"),
                    ("enable_indexscan", "enable_indexonlyscan"),
                )
            ]
            if found[0] != found[1]:
                raise IntegrityError(
                    f"the index of {self._session.name} by {order} differs from the table; expected every event in "
                    "it; keep the database, take the ledger from the archive"
                )


async def _rows(connection: Connection, statement: str, values: tuple[object, ...]) -> Sequence[Row]:
    """Return the rows of a query."""
    return await connection.fetch(statement, *values)


async def _read_by(connection: Connection, order: str, disabled: tuple[str, ...]) -> object:
    """Return a digest of the events in an order, read with some access methods of the planner switched off."""
    await connection.execute("BEGIN")
    for name in disabled:
        await connection.execute(f"SET LOCAL {name} = off")
    # A statement is planned once for each text, so the text names the method that is off.
    found = await connection.fetchval(
        f"/* without {', '.join(disabled)} */ SELECT md5(string_agg(concat_ws(' ', {order}), E'\\n')) "  # noqa: S608 - constants
        f"FROM (SELECT {order} FROM medicore.events ORDER BY {order}) AS ordered",
        timeout=600,
    )
    await connection.execute("ROLLBACK")
    return found


def _condition(subject: str | None, action: str | None, person: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the condition that filters events, and its values from $2 on."""
    parts: list[str] = []
    values: list[str] = []
    if subject is not None and subject.endswith("/"):
        # '0' is the character after '/', so the range holds the prefix exactly and the index serves it.
        values += [_stored(subject), _stored(subject)[:-1] + "0"]
        parts.append("subject >= $2 AND subject < $3")
    elif subject is not None:
        values.append(_stored(subject))
        parts.append("subject = $2")
    if action is not None:
        values.append(_stored(action))
        parts.append(f"action = ${len(values) + 1}")
    if person is not None:
        values.append(_stored(person))
        parts.append(f"(actor = ${len(values) + 1} OR subject = ${len(values) + 1})")
    return "".join(f" AND {part}" for part in parts), tuple(values)


def _stored(text: str) -> str:
    """Return a text in its JSON spelling, without the quotes: PostgreSQL cannot store the character zero."""
    return canonical(text).decode()[1:-1]


def _read(stored: str) -> str:
    """Return the text that ``_stored`` spelled; raise ValueError for any other text."""
    text = json.loads(f'"{stored}"')
    if not isinstance(text, str) or _stored(text) != stored:
        raise ValueError(stored)
    return text


def _event(row: Row) -> LedgerEvent:
    """Return the event in a row; raise IntegrityError when it differs from what the ledger writes."""
    with contextlib.suppress(ValueError, RecursionError):
        details = json.loads(row["details"])
        if isinstance(details, dict) and canonical(details).decode() == row["details"]:
            texts = {name: _read(row[name]) for name in _TEXTS}
            return LedgerEvent(sequence=row["sequence"], details=details, **texts)
    raise IntegrityError(
        f"ledger event {row['sequence']} is not readable; expected what the ledger wrote; "
        "keep the database, take the ledger from the archive"
    )
