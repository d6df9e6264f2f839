"""Which run speaks for a study's month, who may decide on it, and which months are late."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from medicore.cases.portfolio.late_months import deadline, earlier_late, later_late
from medicore.cases.portfolio.report import portfolio_contents
from medicore.cases.portfolio.standing import able, attempts, standing_run
from medicore.errors import ProtocolError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from medicore.records.people.people import Permission
from tests.whole_house.people import SetClock, add_person, found_house

STUDY, OTHER = "MED-2024-0198", "MED-2024-0212"
MONTH = "2025-03"


@pytest.fixture
def housed(tmp_path: Path) -> tuple[House, SetClock]:
    """A house with the portfolio's protocols, and its clock."""
    return found_house(tmp_path)


def run_of(house: House, run: str, *actions: str, requester: str = "ana") -> None:
    """Put a run into the ledger, with the actions that follow its request."""
    for action in ("run.requested", *actions):
        house.ledger.append(NewEvent(requester, "analyst", action, run, "because", {}))


def test_a_released_run_stands_before_a_later_attempt(housed: tuple[House, SetClock]) -> None:
    """The last released run stands for its month, or else the last attempt; exploratory ones are none."""
    house, _ = housed
    assert standing_run(house, STUDY, MONTH) is None
    run_of(house, f"{STUDY}/{MONTH}/1", "run.explored")
    assert standing_run(house, STUDY, MONTH) is None
    run_of(house, f"{STUDY}/{MONTH}/2", "run.failed")
    run_of(house, f"{STUDY}/{MONTH}/3", "run.sealed", "run.released")
    run_of(house, f"{STUDY}/{MONTH}/4", "run.sealed")
    assert standing_run(house, STUDY, MONTH) == RunId(STUDY, MONTH, 3)
    assert [run.number for run in attempts(house, STUDY, MONTH)] == [2, 3, 4]
    run_of(house, f"{STUDY}/{MONTH}/5", "run.sealed", "run.released")
    assert standing_run(house, STUDY, MONTH) == RunId(STUDY, MONTH, 5)


def test_who_asked_or_is_locked_or_too_late_may_not_decide(housed: tuple[House, SetClock]) -> None:
    """Those are named whose role allows it, in force at the moment, not locked, and not the run's requester."""
    house, clock = housed
    for person in ("rita", "rolf", "rosa"):
        add_person(house, person, "reviewer")
    run_of(house, f"{STUDY}/{MONTH}/1", "run.halted", requester="rolf")
    house.ledger.append(NewEvent("medicore", "service", "person.locked", "rosa", "wrong", {}))
    now = clock.time.isoformat(timespec="microseconds").replace("+00:00", "Z")
    run = RunId(STUDY, MONTH, 1)
    assert able(house, run, Permission.PROCEED, now) == ["Rita Person"]
    assert able(house, run, Permission.PROCEED, "2035-01-01T00:00:00.000000Z") == []
    assert able(house, run, Permission.ATTEST, now) == []


def test_a_month_is_late_at_a_moment_by_its_own_calendar(housed: tuple[House, SetClock]) -> None:
    """The due day is over in Auckland while it is not in Honolulu, whatever the clock says."""
    house, _ = housed
    at = datetime(2025, 4, 7, 12, tzinfo=UTC)
    assert deadline(house, STUDY, MONTH, "no run", at) == ("2025-04-07", True)
    assert deadline(house, OTHER, MONTH, "no run", at) == ("2025-04-07", False)
    assert deadline(house, STUDY, MONTH, "released", at) == ("2025-04-07", False)
    assert deadline(house, "MED-2011-0001", MONTH, "no run", at) == (None, False)


def test_earlier_months_that_are_late_are_told(housed: tuple[House, SetClock]) -> None:
    """Months before the report's own are late when their run is not released, and when nobody asked for one."""
    house, _ = housed
    run_of(house, f"{STUDY}/2024-11/1", "run.sealed", "run.released")
    run_of(house, f"{STUDY}/2024-12/1", "run.halted")
    run_of(house, f"{STUDY}/{MONTH}/1")
    found = earlier_late(house, (STUDY, OTHER), MONTH, datetime(2025, 6, 1, tzinfo=UTC))
    assert [(one["first"], one["last"], one["state"]) for one in found] == [
        ("2024-12", "2024-12", "halted, awaiting a decision"),
        ("2025-01", "2025-02", "no run"),
    ]
    assert {one["study"] for one in found} == {STUDY}
    assert found[0]["due"] == "2025-01-07"
    assert earlier_late(house, (STUDY,), MONTH, datetime(2025, 1, 7, tzinfo=UTC)) == []


def test_later_months_that_are_late_are_told(housed: tuple[House, SetClock]) -> None:
    """A report that is made afterwards knows months after its own: those that wait, and those that nobody asked for."""
    house, _ = housed
    run_of(house, f"{STUDY}/2024-12/1", "run.halted")
    run_of(house, f"{STUDY}/{MONTH}/1", "run.sealed")
    run_of(house, f"{STUDY}/2025-05/1", "run.sealed", "run.released")
    run_of(house, f"{STUDY}/2025-06/1", "run.failed")
    at = datetime(2025, 8, 20, tzinfo=UTC)
    found = later_late(house, (STUDY, OTHER), MONTH, at)
    assert [(one["first"], one["last"], one["state"], one["due"]) for one in found] == [
        ("2025-04", "2025-04", "no run", "2025-05-07"),
        ("2025-06", "2025-06", "failed", "2025-07-07"),
        ("2025-07", "2025-07", "no run", "2025-08-07"),
    ]
    assert later_late(house, (STUDY,), MONTH, datetime(2025, 5, 7, tzinfo=UTC)) == []


def test_a_gap_about_the_reports_month_is_told_on_both_sides(housed: tuple[House, SetClock]) -> None:
    """Months without a run before and after the report's own are apart, each with the day on which its first was due."""
    house, _ = housed
    run_of(house, f"{STUDY}/2024-12/1", "run.sealed", "run.released")
    at = datetime(2025, 6, 20, tzinfo=UTC)
    (before,), (after,) = (found(house, (STUDY,), MONTH, at) for found in (earlier_late, later_late))
    assert (before["first"], before["last"], before["due"]) == ("2025-01", "2025-02", "2025-02-07")
    assert (after["first"], after["last"], after["due"]) == ("2025-04", "2025-05", "2025-05-07")
    assert earlier_late(house, (STUDY,), "2000-01", at) == later_late(house, (STUDY,), "9999-12", at) == []


def test_a_month_without_a_run_has_no_report(housed: tuple[House, SetClock]) -> None:
    """Nothing is reported of a month, or of studies, of which the ledger knows no run."""
    house, _ = housed
    with pytest.raises(ProtocolError, match=r"no run of 2025-03 is in the ledger; expected at least one"):
        portfolio_contents(house, MONTH)
    run_of(house, f"{STUDY}/{MONTH}/1")
    with pytest.raises(ProtocolError, match="no run of 2025-03 is in the ledger for these studies"):
        portfolio_contents(house, MONTH, (OTHER,))
    with pytest.raises(ProtocolError, match="has neither protocol nor run"):
        portfolio_contents(house, MONTH, ("MED-2099-0001",))
