"""A writer stopped in the midst of a transaction leaves the file whole; kills at any instant: test_ledger_writers."""

import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError
from medicore.records.ledger.ledger import NewEvent, verify_chain
from medicore.stores.clock import SystemClock
from medicore.stores.ledger.sqlite import SqliteLedger


def test_a_half_written_transaction_is_undone(tmp_path: Path) -> None:
    """A writer killed between writing and committing leaves the ledger as it was before, also to a reader."""
    path = tmp_path / "ledger.sqlite"
    ledger = SqliteLedger(path, SystemClock())
    head = ledger.append(NewEvent("ana", "analyst", "run.requested", "MED-2024-0147/2025-03/1"))
    script = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_spill = 1")
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
for number in range(2, 400):
    connection.execute("INSERT INTO events VALUES (?, 'a', 'b', 'c', 'd', 'e', 'f', '{}', 'g', 'h')", (number,))
os.kill(os.getpid(), signal.SIGKILL)
"""
    before = path.read_bytes()
    killed = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert path.read_bytes() != before, "the writer was to be killed with pages already written"
    assert (tmp_path / "ledger.sqlite-journal").exists()
    assert verify_chain(SqliteLedger(path, SystemClock(), read_only=True).events()) == (1, head.digest)


def at_commit(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something at the instant before SQLite commits."""
    connect = sqlite3.connect

    def connected(*arguments: object, **options: object) -> sqlite3.Connection:
        connection = connect(*arguments, **options)  # type: ignore[call-overload]
        connection.set_trace_callback(lambda statement: act() if statement == "COMMIT" else None)
        assert isinstance(connection, sqlite3.Connection)
        return connection

    monkeypatch.setattr(sqlite3, "connect", connected)


def test_a_commit_whose_last_act_fails_has_happened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the journal is gone when SQLite would end it, the event is on the disk: it is answered, and there once."""
    ledger = SqliteLedger(tmp_path / "ledger.sqlite", SystemClock())
    first = ledger.append(NewEvent("ana", "analyst", "run.requested", "MED-2024-0147/2025-03/1"))
    journal = tmp_path / "ledger.sqlite-journal"
    with monkeypatch.context() as patched:
        at_commit(patched, journal.unlink)
        second = ledger.append(NewEvent("ana", "analyst", "run.sealed", "MED-2024-0147/2025-03/1"))
    assert (second.sequence, second.previous) == (2, first.digest)
    assert verify_chain(ledger.events()) == (2, second.digest)
    third = ledger.append(NewEvent("ana", "analyst", "run.released", "MED-2024-0147/2025-03/1"))
    assert verify_chain(ledger.events()) == (3, third.digest)


def test_a_commit_that_fails_before_its_end_has_not_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file cannot grow the event is refused by SQLite's own name of the trouble, and is not there."""
    path = tmp_path / "ledger.sqlite"
    ledger = SqliteLedger(path, SystemClock())
    first = ledger.append(NewEvent("ana", "analyst", "run.requested", "MED-2024-0147/2025-03/1"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    large = NewEvent("ana", "analyst", "run.sealed", "MED-2024-0147/2025-03/1", "because " * 5_000)
    with monkeypatch.context() as patched:
        full = (path.stat().st_size, limits[1])
        at_commit(patched, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, full))
        try:
            with pytest.raises(ConfigurationError, match=r"cannot be used \(SQLITE_(FULL|IOERR_WRITE)\)"):
                ledger.append(large)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert verify_chain(ledger.events()) == (1, first.digest)
    assert ledger.append(large).sequence == 2
