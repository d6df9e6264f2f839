"""A ledger whose writers are killed at any instant is whole, and holds all that was acknowledged."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medicore.records.ledger import NewEvent, verify_chain
from medicore.stores.clock import SystemClock
from medicore.stores.ledger_sqlite import SqliteLedger

WRITER = """
import sys
from pathlib import Path
from medicore.records.ledger import NewEvent
from medicore.stores.clock import SystemClock
from medicore.stores.ledger_sqlite import SqliteLedger

ledger = SqliteLedger(Path(sys.argv[1]), SystemClock())
while True:
    event = NewEvent("ana", "analyst", "run.resumed", "MED-2024-0147/2025-03/1", details={"writer": sys.argv[2]})
    print(ledger.append(event).sequence, flush=True)
"""


def writer(path: Path, name: str) -> subprocess.Popen[bytes]:
    """Start a process that appends as fast as it can and prints each sequence number once it is durable."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def acknowledged(process: subprocess.Popen[bytes], first: bytes) -> list[int]:
    """Return the sequence numbers that a killed writer had printed whole."""
    text = first + process.communicate()[0]
    return [int(line) for line in text.splitlines(keepends=True) if line.endswith(b"\n")]


def kill_and_verify(path: Path, kills: int, seed: int) -> None:
    """Kill two writers at a time at seeded instants; verify the chain and every acknowledged event each time."""
    instants = random.Random(seed)  # noqa: S311 - not for secrets
    promised: dict[int, str] = {}
    for round_number in range(kills // 2):
        names = [f"{round_number}a", f"{round_number}b"]
        processes = [writer(path, name) for name in names]
        firsts = [process.stdout.readline() if process.stdout else b"" for process in processes]
        for process in processes:
            time.sleep(instants.uniform(0.0, 0.03))
            process.send_signal(signal.SIGKILL)
        for process, first, name in zip(processes, firsts, names, strict=True):
            numbers = acknowledged(process, first)
            assert numbers, "the writer was killed before it wrote anything; the test would prove nothing"
            promised |= dict.fromkeys(numbers, name)
            assert process.returncode == -signal.SIGKILL
        events = list(SqliteLedger(path, SystemClock(), read_only=True).events())
        verify_chain(events)
        kept = {event.sequence: event.details["writer"] for event in events}
        assert promised.items() <= kept.items()
    ledger = SqliteLedger(path, SystemClock())
    last = ledger.append(NewEvent("ana", "analyst", "run.sealed", "MED-2024-0147/2025-03/1"))
    assert verify_chain(ledger.events()) == (last.sequence, last.digest)
    ledger.check_file()


def test_killed_writers_leave_a_whole_chain(tmp_path: Path) -> None:
    """After four writers were killed while they wrote, nothing acknowledged is lost and the chain holds."""
    kill_and_verify(tmp_path / "ledger.sqlite", 4, seed=20240147)


@pytest.mark.deep
def test_fifty_killed_writers_leave_a_whole_chain(tmp_path: Path) -> None:
    """The same holds for fifty kills at other instants."""
    kill_and_verify(tmp_path / "ledger.sqlite", 50, seed=20250331)


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
