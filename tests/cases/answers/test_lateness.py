"""When a month is late, by the study's own calendar, and which months nobody has asked for."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from medicore.cases.answers.lateness import Gap, gaps, with_deadlines
from medicore.ports.house import House
from medicore.records.ledger.states import RunState
from tests.whole_house.people import SetClock, found_house

AUCKLAND, HONOLULU = "MED-2024-0198", "MED-2024-0212"


@pytest.fixture
def housed(tmp_path: Path) -> tuple[House, SetClock]:
    """A house with the portfolio's protocols, and its clock."""
    return found_house(tmp_path)


def row(study: str, month: str, state: RunState = RunState.SEALED) -> dict[str, object]:
    """Return the line of a run."""
    return {"run": f"{study}/{month}/1", "state": state.value}


@pytest.mark.parametrize(
    ("moment", "late"),
    [
        ("2025-04-07T11:59:59+00:00", [False, False]),
        ("2025-04-07T12:00:00+00:00", [True, False]),
        ("2025-04-08T09:59:59+00:00", [True, False]),
        ("2025-04-08T10:00:00+00:00", [True, True]),
    ],
)
def test_the_day_ends_in_the_study(housed: tuple[House, SetClock], moment: str, late: list[bool]) -> None:
    """March is due on the fifth business day, which is over in Auckland 22 hours before it is in Honolulu (FAULTS 69)."""
    house, clock = housed
    clock.time = datetime.fromisoformat(moment)
    rows = with_deadlines(house, [row(AUCKLAND, "2025-03"), row(HONOLULU, "2025-03")])
    assert [(found["due"], found["late"]) for found in rows] == [("2025-04-07", each) for each in late]


@pytest.mark.parametrize("state", list(RunState))
def test_only_a_released_month_is_never_late(housed: tuple[House, SetClock], state: RunState) -> None:
    """A run that failed, was rejected or waits leaves its month late; a released or archived one does not."""
    house, clock = housed
    clock.time = datetime(2026, 1, 1, tzinfo=UTC)
    (found,) = with_deadlines(house, [row(AUCKLAND, "2025-03", state)])
    assert found["late"] is (state not in {RunState.RELEASED, RunState.ARCHIVED})
    assert found["run"] == f"{AUCKLAND}/2025-03/1"


def test_months_without_a_run_are_told_together(housed: tuple[House, SetClock]) -> None:
    """Late months in a row are one gap, from the study's first run on; a month whose day is not over is none."""
    house, clock = housed
    clock.time = datetime(2025, 9, 2, tzinfo=UTC)  # August is due on 5 September
    rows = [
        row(HONOLULU, "2025-02"),
        row(HONOLULU, "2025-05"),
        row(AUCKLAND, "2025-07"),
        row("MED-2011-0001", "2025-01"),
    ]
    found = gaps(house, rows)
    assert found == (
        Gap(HONOLULU, "2025-03", "2025-04", "2025-04-07"),
        Gap(HONOLULU, "2025-06", "2025-07", "2025-07-07"),
    )
    assert [gap.months for gap in found] == [2, 2]


def test_a_study_without_protocol_has_no_deadline(housed: tuple[House, SetClock]) -> None:
    """What no protocol gives a calendar has neither day nor verdict."""
    (found,) = with_deadlines(housed[0], [row("MED-2011-0001", "2025-01")])
    assert (found["due"], found["late"]) == (None, None)
