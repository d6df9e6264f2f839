"""The run that stands for a month: status, lateness, notices and the portfolio report name the same one."""

from collections.abc import Mapping
from typing import Any

import pytest

from medicore.cases.answers.lateness import with_deadlines
from medicore.cases.answers.lookup import standing_lines
from medicore.cases.answers.notifying import tell_of_late
from medicore.cases.portfolio.report import portfolio_contents
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import MONTH
from tests.whole_house.study import SOUND, SOUND_RUN, sound

AGAIN = f"{SOUND}/{MONTH}/2"


def answers(whole: WholeHouse) -> dict[str, Any]:
    """Return what is said of the sound study's month: by status, by notices, by the portfolio report."""
    (row,) = with_deadlines(whole.house, standing_lines(whole.house, SOUND))
    told: list[Mapping[str, Any]] = []
    late = tell_of_late(whole.house, standing_lines(whole.house, SOUND), told.append)  # type: ignore[arg-type]
    (entry,) = portfolio_contents(whole.house, MONTH, [SOUND])["studies"]
    return {
        "status": (row["run"], row["state"], row["late"]),
        "notified": f"{SOUND}/{MONTH}" in late,
        "portfolio": (entry["run"], entry["state"], entry["late"]),
        "rows": [(one["run"], one["late"]) for one in entry["runs"]],
        "later": [(one["run"], one["state"]) for one in row["later"]],
    }


@pytest.mark.parametrize("exploratory", [False, True])
def test_a_rerun_leaves_an_archived_month_archived(released: WholeHouse, exploratory: bool) -> None:
    """A later run that waits for approval, or explores, makes an archived month neither open nor late, in any answer."""
    released.run(SOUND, exploratory=exploratory)
    released.clock.pass_days(40)
    archived = (SOUND_RUN, "archived", False)
    found = answers(released)
    assert (found["status"], found["notified"], found["portfolio"]) == (archived, False, archived)
    attempts = [SOUND_RUN] if exploratory else [SOUND_RUN, AGAIN]
    assert found["rows"] == [(run, False) for run in attempts]
    assert found["later"] == ([] if exploratory else [(AGAIN, "sealed, awaiting approval")])


def test_a_rerun_stands_once_it_is_released(released: WholeHouse) -> None:
    """An approved later run takes the month over; one that is rejected never does, and is no longer named."""
    released.run(SOUND)
    released.release(AGAIN)
    released.run(SOUND)
    released.sign(f"{SOUND}/{MONTH}/3", "reject")
    released.follow(f"{SOUND}/{MONTH}/3")
    found = answers(released)
    assert found["status"] == found["portfolio"] == (AGAIN, "archived", False)
    assert found["later"] == []


def test_an_exploration_does_not_hide_what_waits(month: WholeHouse) -> None:
    """A month whose record waits for approval is shown as waiting, and late, though somebody explored it since."""
    month.run(SOUND, exploratory=True)
    month.clock.pass_days(40)
    found = answers(month)
    assert found["status"] == found["portfolio"] == (SOUND_RUN, "sealed, awaiting approval", True)
    assert found["notified"]


def test_a_month_after_an_earlier_one_is_no_first(released: WholeHouse) -> None:
    """An earlier month that was released later is named beside the month that could not be compared with it."""
    (entry,) = portfolio_contents(released.house, MONTH, [SOUND])["studies"]
    assert (entry["change"], entry["earlier"]) == (None, None)
    sound().deliver(released, "2025-02")  # type: ignore[arg-type]
    released.release(released.run(SOUND, "2025-02").run)
    (entry,) = portfolio_contents(released.house, MONTH, [SOUND])["studies"]
    assert (entry["change"], entry["earlier"]) == (None, "2025-02")
