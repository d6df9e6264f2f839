"""Which archived runs are read when: within a year all, evenly, and nobody keeps a list but the ledger."""

import math
from pathlib import Path

import pytest

from medicore.cases.proof.surveillance import part, readings
from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.ledger.ledger import NewEvent
from medicore.records.moment import moment
from tests.whole_house.people import SetClock, found_house

DETAILS = {"objects": 9, "retain_until": "2040-04-01", "manifest": "ab" * 32}


@pytest.fixture
def housed(tmp_path: Path) -> tuple[House, SetClock]:
    """A house without any archived run, and its clock."""
    return found_house(tmp_path, ruled=False)


def archived(house: House, month: str) -> None:
    """Let the ledger say that a run was archived."""
    house.ledger.append(
        NewEvent("medicore", "service", "archive.completed", f"TEST-A/{month}/1", "", DETAILS)
    )


def read(house: House, every: int) -> int:
    """Let the ledger say that the part which is due was read, and return how many runs it is."""
    runs = part(house, every)
    for run in runs:
        house.ledger.append(NewEvent("medicore", "service", "archive.verified", str(run), "", {}))
    return len(runs)


@pytest.mark.parametrize(("every", "count"), [(5, 3), (7, 11), (30, 40), (90, 9), (365, 4)])
def test_every_run_is_read_within_a_year(housed: tuple[House, SetClock], every: int, count: int) -> None:
    """For more than a year no run is ever left for longer than 365 days, and no walk reads much more than another."""
    house, clock = housed
    for number in range(count):
        archived(house, f"{2001 + number}-01")
    read(house, 365)
    sizes = []
    for _ in range(max(3, 500 // every)):
        clock.pass_days(every)
        assert all((clock.now() - moment(one.last)).days <= 365 for one in readings(house))
        sizes.append(read(house, every))
    assert all((clock.now() - moment(one.last)).days <= 365 for one in readings(house))
    assert max(sizes) <= math.ceil(count * every / 365) + 1


def test_runs_archived_at_once_are_spread_over_the_year(housed: tuple[House, SetClock]) -> None:
    """A hundred runs of one day are read two a week, the one that was read longest ago first."""
    house, clock = housed
    for number in range(100):
        archived(house, f"{2001 + number // 12}-{1 + number % 12:02}")
    clock.pass_days(7)
    first = part(house, 7)
    assert len(first) == 2
    assert read(house, 7) == 2
    assert not set(first) & set(part(house, 7))


def test_what_was_left_too_long_is_read_at_once(housed: tuple[House, SetClock]) -> None:
    """When nobody came for a year, the next walk reads all that would be late before the one after it."""
    house, clock = housed
    for number in range(20):
        archived(house, f"{2001 + number}-01")
    clock.pass_days(359)
    assert len(part(house, 7)) == 20


@pytest.mark.parametrize("every", [0, -7, 366])
def test_no_interval_is_refused(housed: tuple[House, SetClock], every: int) -> None:
    """Days that are no interval within the year are refused."""
    with pytest.raises(ProtocolError, match="are not an interval; expected 1 to 365"):
        part(housed[0], every)
