"""A writer killed in the midst of a transaction leaves the file as it was; kills at any instant: test_ledger_writers."""

import signal
import subprocess
import sys
from pathlib import Path

from medicore.records.ledger import NewEvent, verify_chain
from medicore.stores.clock import SystemClock
from medicore.stores.ledger_sqlite import SqliteLedger


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
