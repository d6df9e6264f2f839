"""What every ledger does, whatever the database behind it."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medicore.errors import ConfigurationError, IntegrityError, ReviewError
from medicore.ports.ledger import Clock, Ledger
from medicore.records.ledger.appending import require_possible
from medicore.records.ledger.ledger import GENESIS, Checkpoint, LedgerEvent, NewEvent, verify_chain
from medicore.stores.clock import SystemClock
from medicore.stores.ledger.postgres import PostgresLedger
from medicore.stores.ledger.sqlite import SqliteLedger
from tests.postgres import Server

RUN = "MED-2024-0147/2025-03/1"
Open = Callable[[Clock], Ledger]


class SteppedClock:
    """A clock that moves a second with every reading, and can be set."""

    def __init__(self) -> None:
        self.time = datetime(2025, 4, 1, 6, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the next second."""
        self.time += timedelta(seconds=1)
        return self.time


@pytest.fixture(params=["sqlite", "postgres"])
def ledgers(request: pytest.FixtureRequest, memory: Path) -> Open:
    """Return a function that opens one and the same store, as often as it is called."""
    if request.param == "sqlite":
        return lambda clock: SqliteLedger(memory / "ledger.sqlite", clock)
    server: Server = request.getfixturevalue("postgres")
    url = server.url(server.database())
    return lambda clock: PostgresLedger(url, clock)


@pytest.fixture(params=["sqlite", "postgres"])
def ruled(request: pytest.FixtureRequest, memory: Path) -> Open:
    """Return the same for stores that ask the rule of runs before they append."""
    if request.param == "sqlite":
        return lambda clock: SqliteLedger(memory / "ledger.sqlite", clock, rule=require_possible)
    server: Server = request.getfixturevalue("postgres")
    url = server.url(server.database())
    return lambda clock: PostgresLedger(url, clock, rule=require_possible)


def done(subject: str = RUN, action: str = "run.resumed", **details: object) -> NewEvent:
    """Return an event about ``subject``."""
    return NewEvent("ana", "analyst", action, subject, "because", details)


def test_an_empty_ledger_has_the_genesis_as_head(ledgers: Open) -> None:
    """A new ledger holds nothing and says so."""
    ledger = ledgers(SteppedClock())
    assert (ledger.head(), list(ledger.events())) == ((0, GENESIS), [])


def test_what_is_appended_is_what_is_read(ledgers: Open) -> None:
    """Every field comes back as it was given, in order, with the clock's time, in texts of any script."""
    ledger = ledgers(SteppedClock())
    given = NewEvent(
        "zoë", "analyst", "run.requested", RUN, "mês; שלום '\"\x00\n", {"a": [1, 2.5, None, {"é": True}]}
    )
    appended = [ledger.append(given), ledger.append(done())]
    assert list(ledger.events()) == appended
    first = appended[0]
    assert (first.sequence, first.at, first.previous) == (1, "2025-04-01T06:00:01.000000Z", GENESIS)
    assert (first.actor, first.role, first.action, first.subject) == ("zoë", "analyst", "run.requested", RUN)
    assert (first.reason, first.details) == (given.reason, given.details)


def test_head_is_the_last_event(ledgers: Open) -> None:
    """The head moves with every event, and a checkpoint of it verifies."""
    ledger = ledgers(SteppedClock())
    ledger.append(done())
    last = ledger.append(done())
    assert ledger.head() == (2, last.digest)
    assert verify_chain(ledger.events(), [Checkpoint(*ledger.head(), last.at)]) == ledger.head()


def test_events_outlive_the_object(ledgers: Open) -> None:
    """Another opening of the same store finds what the first wrote, and goes on after it."""
    ledgers(SteppedClock()).append(done())
    again = ledgers(SteppedClock())
    assert again.append(done()).sequence == 2
    assert verify_chain(again.events())[0] == 2


def test_a_subject_is_matched_exactly_or_by_its_folder(ledgers: Open) -> None:
    """A subject is exact; one that ends in '/' stands for all below it, and for nothing beside it."""
    ledger = ledgers(SteppedClock())
    subjects = [
        RUN,
        f"{RUN}0",
        "MED-2024-0147/2025-03",
        "MED-2024-0147/2025-030/1",
        "MED-2024-01470/2025-03/1",
        "%/1",
    ]
    for subject in subjects:
        ledger.append(done(subject))

    def found(subject: str) -> list[str]:
        return [event.subject for event in ledger.events(subject=subject)]

    assert found(RUN) == [RUN]
    assert found("MED-2024-0147/2025-03/") == [RUN, f"{RUN}0"]
    assert found("MED-2024-0147/") == subjects[:4]
    assert found("%/") == ["%/1"]
    assert found("_ED-2024-0147/") == []
    assert found("") == []


def test_subject_and_action_filter_together(ledgers: Open) -> None:
    """Both filters hold at once, each holds alone."""
    ledger = ledgers(SteppedClock())
    ledger.append(done())
    ledger.append(done(action="run.sealed"))
    ledger.append(done("MED-2024-0211/2025-03/1", action="run.sealed"))
    assert [event.sequence for event in ledger.events(action="run.sealed")] == [2, 3]
    assert [event.sequence for event in ledger.events(subject=RUN, action="run.sealed")] == [2]
    assert list(ledger.events(action="run.failed")) == []


def test_a_person_is_who_acts_or_is_acted_on(ledgers: Open) -> None:
    """Of a person is told what they did and what is about them, in order and with the other filters; nothing else."""
    ledger = ledgers(SteppedClock())
    ledger.append(done())
    ledger.append(NewEvent("otto", "operator", "person.unlocked", "ana", "she asked"))
    ledger.append(NewEvent("ana", "analyst", "run.sealed", RUN))
    ledger.append(NewEvent("otto", "operator", "person.unlocked", "ana0", "he asked"))
    actors = {event.sequence: event.actor for event in ledger.events()}
    mine = [number for number, actor in actors.items() if actor == "ana"]
    assert [event.sequence for event in ledger.events(person="ana")] == sorted({*mine, 2})
    assert [event.sequence for event in ledger.events(person="ana", action="run.sealed")] == [3]
    assert [event.sequence for event in ledger.events(person="ana", subject=RUN, after=2)] == [3]
    assert list(ledger.events(person="an")) == []


def test_events_after_a_place_are_the_later_ones(ledgers: Open) -> None:
    """What comes after a sequence number is told alone, with a filter too; after the head there is nothing."""
    ledger = ledgers(SteppedClock())
    for subject in (RUN, f"{RUN}0", RUN):
        ledger.append(done(subject))
    assert [event.sequence for event in ledger.events(after=1)] == [2, 3]
    assert [event.sequence for event in ledger.events(subject=RUN, after=1)] == [3]
    assert list(ledger.events(after=3)) == []


def test_long_histories_come_whole_and_in_order(ledgers: Open) -> None:
    """Histories longer than what is read at once have no seam."""
    ledger = ledgers(SteppedClock())
    for number in range(1203):
        ledger.append(done(RUN if number % 2 else f"{RUN}0", number=number))
    assert [event.sequence for event in ledger.events()] == list(range(1, 1204))
    assert [event.details["number"] for event in ledger.events(subject=RUN)] == list(range(1, 1203, 2))


def test_reading_holds_up_no_writer(ledgers: Open) -> None:
    """An event can be appended while someone is in the midst of reading."""
    ledger = ledgers(SteppedClock())
    for _ in range(3):
        ledger.append(done())
    reading = iter(ledger.events())
    first = next(reading)
    assert ledger.append(done()).sequence == 4
    assert [first.sequence, *(event.sequence for event in reading)] == [1, 2, 3]


@pytest.mark.parametrize(
    "event",
    [done(action="run.forgotten"), done(value=float("nan")), NewEvent("", "analyst", "run.sealed", RUN)],
)
def test_a_refused_event_leaves_no_trace(ledgers: Open, event: NewEvent) -> None:
    """An event that the chain refuses is not written, and the ledger goes on."""
    ledger = ledgers(SteppedClock())
    ledger.append(done())
    with pytest.raises(IntegrityError):
        ledger.append(event)
    assert ledger.append(done()).sequence == 2


def test_a_clock_set_back_halts_the_ledger(ledgers: Open) -> None:
    """No event is written before the last one by more than the tolerance (FAULTS 68)."""
    clock = SteppedClock()
    ledger = ledgers(clock)
    ledger.append(done())
    clock.time -= timedelta(minutes=2)
    with pytest.raises(ConfigurationError, match="clock"):
        ledger.append(done())
    assert ledger.head()[0] == 1


def test_a_correction_lets_a_ledger_accept_the_present(ledgers: Open) -> None:
    """After a year ahead only a correction is accepted; the events keep their order and the chain holds (FAULTS 82)."""
    clock = SteppedClock()
    ledger = ledgers(clock)
    clock.time += timedelta(days=365)
    last = ledger.append(done())
    clock.time -= timedelta(days=365)
    with pytest.raises(ConfigurationError, match="medicore ledger clock"):
        ledger.append(done())
    correction = ledger.append(done("ledger", "clock.corrected", last=last.sequence))
    after = ledger.append(done())
    assert correction.at < after.at < last.at
    held = [*ledgers(clock).events()]
    assert [event.sequence for event in held] == [1, 2, 3]
    assert verify_chain(held) == (3, after.digest)


def test_eight_writers_lose_nothing(ledgers: Open) -> None:
    """Eight threads with a ledger each write 60 events each: all there, each in its writer's order, one chain."""
    start = threading.Barrier(8, timeout=30)

    def write(writer: int) -> None:
        ledger = ledgers(SystemClock())
        start.wait()
        for number in range(60):
            ledger.append(done(f"MED-2024-0147/2025-03/{writer + 1}", number=number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    events = list(ledgers(SystemClock()).events())
    assert verify_chain(events)[0] == 480
    by_writer: dict[str, list[LedgerEvent]] = {}
    for event in events:
        by_writer.setdefault(event.subject, []).append(event)
    assert Counter({subject: len(own) for subject, own in by_writer.items()}) == Counter(
        {f"MED-2024-0147/2025-03/{writer + 1}": 60 for writer in range(8)}
    )
    assert all([event.details["number"] for event in own] == list(range(60)) for own in by_writer.values())


def test_of_many_who_seal_a_run_at_once_one_does(ruled: Open) -> None:
    """The rule is asked within the transaction: eight writers, each with its own connection, seal one run, and one does."""
    writers = [ruled(SystemClock()) for _ in range(8)]
    writers[0].append(done(action="run.requested"))
    ready = threading.Barrier(len(writers))

    def seal(ledger: Ledger) -> bool:
        ready.wait()
        try:
            ledger.append(done(action="run.sealed"))
        except ReviewError:
            return False
        return True

    with ThreadPoolExecutor(len(writers)) as pool:
        assert sum(pool.map(seal, writers)) == 1
    assert [event.action for event in writers[0].events(subject=RUN)] == ["run.requested", "run.sealed"]


def test_a_refused_event_leaves_the_ledger_open(ruled: Open) -> None:
    """What no run can do is refused, nothing is written, and the next event is taken."""
    ledger = ruled(SystemClock())
    with pytest.raises(ReviewError, match="not requested"):
        ledger.append(done(action="run.released"))
    assert ledger.head() == (0, GENESIS)
    ledger.append(done(action="run.requested"))
    ledger.append(NewEvent("otto", "operator", "person.unlocked", "ana", "she asked"))
    assert ledger.append(done("MED-2024-0211/2025-03/1", action="run.requested")).sequence == 3
