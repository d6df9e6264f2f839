"""The times of a ledger in PostgreSQL: the server's, so that one host with a wrong clock blocks nobody."""

from datetime import datetime, timedelta

import pytest

from medicore.errors import InfrastructureError
from medicore.records.ledger.ledger import NewEvent
from medicore.records.moment import moment
from medicore.stores.clock import DatabaseClock, SystemClock
from medicore.stores.ledger.postgres import PostgresLedger
from tests.postgres import Server

EVENT = NewEvent("medicore", "service", "notice.sent", "MED-2024-0147/2025-03/1")


class WrongClock:
    """A host's clock that is wrong by so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self) -> datetime:
        """Return a wrong time."""
        return SystemClock().now() + timedelta(seconds=self.seconds)


@pytest.fixture
def url(postgres: Server) -> str:
    """The address of an empty database."""
    return postgres.url(postgres.database())


def test_hosts_share_the_server_s_time(url: str) -> None:
    """Two hosts whose clocks are most of two minutes apart write by turns; each sees the other's events in its past."""
    before = SystemClock().now()
    hosts = [DatabaseClock(WrongClock(seconds)) for seconds in (50.0, -50.0)]
    ledgers = [PostgresLedger(url, clock) for clock in hosts]
    for _ in range(3):
        for clock, ledger in zip(hosts, ledgers, strict=True):
            signed = clock.now()
            written = moment(ledger.append(EVENT).at)
            assert signed <= written <= clock.now()
    times = [moment(event.at) for event in ledgers[0].events()]
    assert times == sorted(times)
    assert before <= times[0] <= times[-1] <= SystemClock().now()


@pytest.mark.parametrize("seconds", [3600.0, -3600.0, 365 * 86400.0])
def test_a_host_with_a_wrong_clock_writes_nothing(url: str, seconds: float) -> None:
    """It is refused when it opens the ledger and when its clock jumps later; reading is allowed, and the others go on (FAULTS 82)."""
    sound = PostgresLedger(url, DatabaseClock(SystemClock()))
    sound.append(EVENT)
    with pytest.raises(InfrastructureError, match=r"this host's clock is \d+ s (ahead of|behind) that"):
        PostgresLedger(url, DatabaseClock(WrongClock(seconds)))
    assert PostgresLedger(url, DatabaseClock(WrongClock(seconds)), read_only=True).head() == sound.head()
    jumping = WrongClock(0.0)
    ledger = PostgresLedger(url, DatabaseClock(jumping))
    jumping.seconds = seconds
    with pytest.raises(InfrastructureError, match="nothing was written"):
        ledger.append(EVENT)
    assert sound.append(EVENT).sequence == 2
    jumping.seconds = 1.0
    assert ledger.append(EVENT).sequence == 3
