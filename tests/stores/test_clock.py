"""The clock of a ledger's database, as a host continues it between two readings."""

from datetime import UTC, datetime, timedelta

import pytest

from medicore.errors import InfrastructureError
from medicore.stores.clock import DatabaseClock

START = datetime(2025, 4, 1, 6, 0, tzinfo=UTC)


class SetClock:
    """A host's clock that a test sets."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        """Return the time that was set."""
        return self.time


@pytest.mark.parametrize("ahead", [timedelta(seconds=59), timedelta(0), timedelta(seconds=-59)])
def test_the_database_s_time_goes_on(ahead: timedelta) -> None:
    """Whatever the host's clock shows, the time is the database's and what has passed since; it never goes back behind it."""
    own = SetClock()
    clock = DatabaseClock(own)
    assert clock.now() == START
    clock.follow(START - ahead)
    assert (clock.now(), clock.require_close()) == (START - ahead, ahead)
    own.time += timedelta(seconds=5)
    assert clock.now() == START - ahead + timedelta(seconds=5)
    own.time = START - timedelta(seconds=30)
    assert clock.now() == START - ahead


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(hours=1), "3600 s ahead of that"),
        (timedelta(seconds=-61), "61 s behind that"),
        (timedelta(days=365), "31536000 s ahead of that"),
    ],
)
def test_a_clock_that_is_far_away_is_refused(ahead: timedelta, words: str) -> None:
    """One line says by how much, and what to do; a reading that is near again ends it."""
    own = SetClock()
    clock = DatabaseClock(own)
    clock.follow(START - ahead)
    with pytest.raises(
        InfrastructureError, match=f"^this host's clock is {words} of the ledger's database"
    ) as told:
        clock.require_close()
    assert "set this host's clock by a time service" in str(told.value)
    assert "\n" not in str(told.value)
    clock.follow(START)
    assert clock.require_close() == timedelta(0)
