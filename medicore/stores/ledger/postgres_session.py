"""A PostgreSQL database for the stores: blocking calls over one connection, which is opened again when it is lost.

The driver is asyncpg (Apache-2.0), which Prefect installs anyway; see docs/adr/0004. It supports only asyncio, so one
thread per process runs its event loop, and the calls here wait for that thread.
"""

import asyncio
import contextlib
import os
import threading
import time
import weakref
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import asyncpg

from medicore.errors import (
    BusyError,
    ConfigurationError,
    InfrastructureError,
    IntegrityError,
    MediCoreError,
)

T = TypeVar("T")
Row = Mapping[str, Any]


class Connection(Protocol):
    """The part of an asyncpg connection that is used here; asyncpg comes without types."""

    async def execute(self, query: str, *values: object) -> str:
        """Run a statement, or several statements without values."""
        ...

    async def fetch(self, query: str, *values: object) -> Sequence[Row]:
        """Return all rows."""
        ...

    async def fetchrow(self, query: str, *values: object) -> Row | None:
        """Return the first row, or None."""
        ...

    async def fetchval(self, query: str, *values: object, timeout: float | None = None) -> Any:  # noqa: ANN401
        """Return the first value of the first row, or None."""
        ...

    def is_closed(self) -> bool:
        """Return whether the connection has ended."""
        ...

    def terminate(self) -> None:
        """End the connection at once."""
        ...


Work = Callable[[Connection], Awaitable[T]]

_HELD = {"55P03", "57014", "40001", "40P01", "23505", "23514"}
"""Other writers were first: a lock or statement timed out, or a row was inserted meanwhile (PostgreSQL, appendix A)."""

_GONE = {"57P01", "57P02", "57P03", "57P05", "53300", "25P03"}
"""The server is stopping, starting or full, or ended an idle connection; all of class 08 counts too."""

_REMEDIES = {
    "28": "refuses the credentials; check user and password in MEDICORE_LEDGER, PGPASSWORD or PGPASSFILE",
    "3D": "has no such database; create it, or correct MEDICORE_LEDGER",
    "42501": "does not allow this role what it needs; grant it as docs/operate.md shows",
    "25006": "takes no writes, as a standby does; name the primary in MEDICORE_LEDGER",
}

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 2.0


class Session:
    """One connection to a PostgreSQL database, opened at the first call and again when it is lost.

    Any thread may call; the calls run one after the other. ``patience`` bounds, in seconds, how long one attempt
    waits for a connection or a lock; ``attempts`` bounds how often a call is tried while others hold the database,
    and both together how long a server may be away. A session does not survive a fork. The password is never shown:
    errors name host and database alone.

    Raises
    ------
    ConfigurationError
        When the address is malformed.
    InfrastructureError
        When the server is not reached, or it refuses the role, its right or its version.
    BusyError
        When others hold the database in all that time.
    IntegrityError
        When the server reports damage.
    """

    def __init__(self, url: str, *, read_only: bool, patience: float, attempts: int) -> None:
        self._url = url
        self.name = _shown(url)
        self._read_only = read_only
        self._patience = patience
        self._attempts = attempts
        self._turn = threading.Lock()
        self._held: list[Connection] = []
        weakref.finalize(self, _let_go, self._held)

    def run(self, work: Work[T]) -> T:
        """Return the result of ``work`` on the connection; it is repeated when connection or lock is lost.

        ``work`` must allow another call after an interruption at any point, even during its commit.
        """
        with self._turn:
            future = asyncio.run_coroutine_threadsafe(self._tried(work), _loop())
            try:
                return future.result()
            except BaseException:
                future.cancel()
                raise

    async def _tried(self, work: Work[T]) -> T:
        # While a server restarts, connections fail at once: only time shows whether it stays away.
        until = time.monotonic() + self._attempts * self._patience
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._once(work)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                final = self._translated(error)
                if final is not None:
                    raise final from error
                held = getattr(error, "sqlstate", None) in _HELD
                if (held and attempt >= self._attempts) or time.monotonic() >= until:
                    raise self._given_up(error) from error
            await asyncio.sleep(min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE))

    async def _once(self, work: Work[T]) -> T:
        if self._held and self._held[0].is_closed():
            self._held.clear()
        if not self._held:
            self._held.append(await self._connect())
        connection = self._held[0]
        try:
            return await work(connection)
        except BaseException:
            # The state of the connection is unknown; the next call must not use it.
            self._held.clear()
            connection.terminate()
            raise

    async def _connect(self) -> Connection:
        connection: Connection = await asyncpg.connect(
            self._url,
            timeout=self._patience,
            # The server's limit is shorter, so that its refusal arrives before the call is stopped.
            command_timeout=2 * self._patience + 5,
            server_settings={
                "application_name": "medicore",
                "default_transaction_isolation": "read committed",
                "default_transaction_read_only": "on" if self._read_only else "off",
                "lock_timeout": f"{self._patience * 1000:.0f}ms",
                # A writer that stops in the middle of an append must not block the others without end.
                "idle_in_transaction_session_timeout": "60s",
                "search_path": "pg_catalog",
            },
        )
        return connection

    def _translated(self, error: Exception) -> MediCoreError | None:
        """Return our error for the server's, or None when another attempt may succeed."""
        if isinstance(error, asyncpg.exceptions.ClientConfigurationError):
            return ConfigurationError("MEDICORE_LEDGER is not a valid PostgreSQL address; correct it")
        code = getattr(error, "sqlstate", None)
        if code is None or code in _HELD | _GONE or code.startswith("08"):
            return None
        if code.startswith("XX"):
            return IntegrityError(
                f"{self.name} is damaged ({code}); expected what MediCore wrote; "
                "keep the database, take the ledger from the archive"
            )
        remedy = _REMEDIES.get(code) or _REMEDIES.get(code[:2])
        return InfrastructureError(
            f"{self.name} {remedy or f'cannot be used ({code}); expected a working database; ask its keeper'}"
        )

    def _given_up(self, error: Exception) -> MediCoreError:
        if getattr(error, "sqlstate", None) in _HELD:
            return BusyError(
                f"other writers held {self.name} for {self._attempts * self._patience:.0f} s; "
                "wait for them, then try again"
            )
        return InfrastructureError(
            f"{self.name} was not reached for {self._attempts * self._patience:.0f} s; expected a running server; "
            "start it, or correct MEDICORE_LEDGER"
        )


def _shown(url: str) -> str:
    """Return the part of an address that messages may show: host and database, never user or password."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        return f"ledger database {(parts.hostname or 'on this host')}{parts.path}"
    return "ledger database"


_loops: dict[int, asyncio.AbstractEventLoop] = {}
_starting = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of this process, after starting its thread."""
    with _starting:
        loop = _loops.get(os.getpid())
        if loop is None:
            loop = _loops[os.getpid()] = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="medicore-postgres", daemon=True).start()
        return loop


def _let_go(held: list[Connection]) -> None:
    """End the connection of a session that is no longer in use."""
    loop = _loops.get(os.getpid())
    if held and loop is not None and loop.is_running():
        loop.call_soon_threadsafe(held.pop().terminate)
