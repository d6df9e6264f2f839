"""Sixteen writers at once, and writers killed at any instant, on each database: nothing lost, nothing out of order.

The deep tier lets them write more, and kills more of them.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from medicore.ports.ledger import Clock, Ledger
from medicore.records.ledger.ledger import LedgerEvent, NewEvent, clock_steps, verify_chain
from medicore.stores.clock import SystemClock
from medicore.stores.ledger.postgres import PostgresLedger
from medicore.stores.ledger.sqlite import SqliteLedger
from tests.conftest import ROOT
from tests.postgres import Server

THREADS, WRITERS = 2, 8
EVENTS = 640
"""So many events all writers write; the deep tier has them write 4,000."""
KILLS = 8
"""So many writers are killed; the deep tier kills 50."""
RUN = "MED-2024-0147/2025-03/1"

# A writer says that it is ready, waits for its turn, appends from its threads, and writes one line, in one piece, for
# each event that is durable: the thread and the sequence number.
WRITER = """
import os
import sys
import threading
from pathlib import Path
from medicore.records.ledger.ledger import NewEvent
from medicore.stores.clock import SystemClock

place, name, threads, events = sys.argv[1:]
if place.startswith("postgresql:"):
    from medicore.stores.ledger.postgres import PostgresLedger as Ledger
else:
    from medicore.stores.ledger.sqlite import SqliteLedger as Ledger
    place = Path(place)
ledger = Ledger(place, SystemClock())

def write(thread):
    for number in range(int(events)):
        details = {"writer": name, "thread": thread, "number": number}
        event = NewEvent("ana", "analyst", "run.resumed", "MED-2024-0147/2025-03/1", details=details)
        os.write(1, b"%d %d\\n" % (thread, ledger.append(event).sequence))

print("ready", flush=True)
sys.stdin.readline()
working = [threading.Thread(target=write, args=(thread,)) for thread in range(int(threads))]
for thread in working:
    thread.start()
for thread in working:
    thread.join()
"""


@dataclass(frozen=True)
class Place:
    """Where a ledger is, and how it is opened here."""

    address: str
    open: Callable[[Clock], Ledger]


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, memory: Path) -> Place:
    """Return the place of an empty ledger; nobody waits for a disk there, so that more writers meet in the same time."""
    if request.param == "sqlite":
        path = memory / "ledger.sqlite"
        return Place(str(path), lambda clock: SqliteLedger(path, clock))
    server: Server = request.getfixturevalue("postgres")
    url = server.url(server.database())
    return Place(url, lambda clock: PostgresLedger(url, clock))


class Writer:
    """A writer in a process of its own; what it prints goes to a file, so that no pipe ever holds it up."""

    def __init__(
        self, place: Place, name: str, folder: Path, threads: int, events: int, **environment: str
    ) -> None:
        self.name = name
        self._output = folder / f"{name}.txt"
        with self._output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", WRITER, place.address, name, str(threads), str(events)],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.PIPE,
                env={**os.environ, **environment},
            )  # fmt: skip

    def numbers(self, thread: int | None = None) -> list[int]:
        """Return the sequence numbers that a thread, or any, has written whole."""
        lines = self._output.read_bytes().splitlines(keepends=True)[1:]
        spoken = [tuple(map(int, line.split())) for line in lines if line.endswith(b"\n")]
        return [sequence for speaker, sequence in spoken if thread in (None, speaker)]

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Return once ``ready``; fail with what the writer said when it ends before or takes a minute."""
        for _ in range(12_000):
            if ready():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.005)
        raise AssertionError(f"writer {self.name}: {self.process.communicate()[1].decode()}")

    def await_ready(self) -> None:
        """Return once the writer has opened the ledger."""
        self.wait_until(lambda: self._output.stat().st_size > 0)

    def start(self) -> None:
        """Let the writer write."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """End the writer as a power cut does."""
        self.end()
        assert self.process.returncode == -signal.SIGKILL, "the writer had ended by itself"

    def end(self) -> None:
        """End the writer, if it has not, and its pipes."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stderr):
            if pipe is not None:
                pipe.close()
        self.process.wait()


def write_at_once(writers: list[Writer]) -> None:
    """Let all write until they have written what they were to write; none has any trouble."""
    try:
        for writer in writers:
            writer.await_ready()
        for writer in writers:
            writer.start()
        said = [writer.process.communicate(timeout=300)[1].decode() for writer in writers]
    finally:
        for writer in writers:
            writer.end()
    assert said == [""] * len(writers)
    assert [writer.process.returncode for writer in writers] == [0] * len(writers)


def require_all(place: Place, writers: list[Writer], each: int) -> None:
    """Assert that all events of all threads are there, once, in each thread's order, in one chain, time with sequence."""
    events = list(place.open(SystemClock()).events())
    assert verify_chain(events) == (len(writers) * THREADS * each, events[-1].digest)
    assert clock_steps(events) == ()
    own: dict[tuple[str, int], list[LedgerEvent]] = {}
    for event in events:
        own.setdefault((event.details["writer"], event.details["thread"]), []).append(event)
    assert len(own) == len(writers) * THREADS
    for writer in writers:
        for thread in range(THREADS):
            mine = own[writer.name, thread]
            assert [event.details["number"] for event in mine] == list(range(each))
            assert [event.sequence for event in mine] == writer.numbers(thread)


@pytest.mark.parametrize("events", [EVENTS, pytest.param(4_000, marks=pytest.mark.deep)])
def test_two_threads_of_eight_writers_lose_nothing(place: Place, tmp_path: Path, events: int) -> None:
    """The events of sixteen threads: all there, once, in each thread's order, one chain, time with sequence."""
    each = events // (THREADS * WRITERS)
    writers = [Writer(place, f"writer-{number}", tmp_path, THREADS, each) for number in range(WRITERS)]
    write_at_once(writers)
    require_all(place, writers, each)


# A file's descriptor is closed half a millisecond late, as on a machine that is busy.
SLOW_CLOSE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
int close(int descriptor) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
  usleep(500);
  return real(descriptor);
}
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler: apt-get install gcc libc6-dev")
@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
def test_threads_do_not_lose_their_locks_to_each_other(place: Place, tmp_path: Path) -> None:
    """A thread that closes the file, however late, takes no lock from the other: no writer meets another's journal."""
    (tmp_path / "slow.c").write_text(SLOW_CLOSE)
    slow = tmp_path / "slow.so"
    compiled = ["gcc", "-shared", "-fPIC", "-o", str(slow), str(tmp_path / "slow.c"), "-ldl"]
    subprocess.run(compiled, check=True)
    writers = [
        Writer(place, f"writer-{number}", tmp_path, THREADS, 100, LD_PRELOAD=str(slow)) for number in range(3)
    ]
    write_at_once(writers)
    require_all(place, writers, 100)


def kill_writers(place: Place, folder: Path, kills: int, seed: int) -> None:
    """Kill a writer at a seeded instant while another writes; hold chain and promises each time."""
    instants = random.Random(seed)  # noqa: S311 - not for secrets
    promised: dict[int, str] = {}
    witness = Writer(place, "witness", folder, THREADS, 10**9)
    witness.await_ready()
    witness.start()
    following = Writer(place, "killed-0", folder, THREADS, 10**9)
    for number in range(kills):
        # The next one starts up while this one writes.
        writer, following = following, Writer(place, f"killed-{number + 1}", folder, THREADS, 10**9)
        writer.await_ready()
        writer.start()
        writer.wait_until(lambda own=writer: bool(own.numbers()))  # type: ignore[misc]
        time.sleep(instants.uniform(0.0, 0.02))
        writer.kill()
        promised |= dict.fromkeys(writer.numbers(), writer.name)
        before = len(witness.numbers())
        witness.wait_until(lambda seen=before: len(witness.numbers()) > seen)  # type: ignore[misc]
        if number % 10 == 9 or number == kills - 1:
            verify_chain(place.open(SystemClock()).events())
    following.kill()
    witness.kill()
    promised |= dict.fromkeys(witness.numbers(), "witness")
    ledger = place.open(SystemClock())
    events = list(ledger.events())
    verify_chain(events)
    kept = {event.sequence: event.details["writer"] for event in events}
    assert promised.items() <= kept.items()
    # Each thread of a killed writer may have written one event that it had no time to speak of, never more.
    assert len(kept) - len(promised) <= THREADS * (kills + 1)
    last = ledger.append(NewEvent("ana", "analyst", "run.sealed", RUN))
    assert verify_chain(ledger.events()) == (last.sequence, last.digest)
    ledger.check_file()


@pytest.mark.parametrize("kills", [KILLS, pytest.param(50, marks=pytest.mark.deep)])
def test_killed_writers_leave_a_whole_chain(place: Place, tmp_path: Path, kills: int) -> None:
    """After kills at random instants all that was acknowledged is there, and the other writer went on."""
    kill_writers(place, tmp_path, kills, seed=20250331)
