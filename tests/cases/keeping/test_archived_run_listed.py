"""What is archived: a row for every archived run, with its day and its hold, from a few readings of the ledger."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.keeping.archived_run import listed
from medicore.ports.house import House
from medicore.records.ledger.ledger import NewEvent
from tests.steps.counted_ledger import CountedLedger
from tests.whole_house.people import found_house

FIRST, SECOND, OTHER = "TEST-ONE/2025-03/1", "TEST-ONE/2025-02/1", "TEST-TWO/2025-03/1"


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house with three archived runs: one held and kept longer, one no more held, one as it was archived."""
    found = found_house(tmp_path, ruled=False)[0]

    def say(action: str, run: str, **details: Any) -> None:
        found.ledger.append(NewEvent("quinn", "quality", action, run, "because", details))

    for number, run in enumerate((FIRST, SECOND, OTHER), start=1):
        archived = {"manifest": f"manifest {number}", "ledger": number, "retain_until": "2040-03-31"}
        say("archive.completed", run, objects=number, **archived)
    say("archive.extended", FIRST, retain_until="2045-03-31")
    say("archive.held", FIRST, objects=1)
    say("archive.held", SECOND, objects=2)
    say("archive.lifted", SECOND, objects=2)
    say("archive.extended", "TEST-TWO/2025-03/2", retain_until="2045-03-31")
    return found


def test_every_archived_run_has_a_row(house: House) -> None:
    """A row says the latest day and the standing hold; a run that was never archived has none."""
    rows = listed(house)
    assert [(row["run"], row["retain_until"], row["objects"], row["manifest"]) for row in rows] == [
        (SECOND, "2040-03-31", 2, "manifest 2"),
        (FIRST, "2045-03-31", 1, "manifest 1"),
        (OTHER, "2040-03-31", 3, "manifest 3"),
    ]
    (held,) = house.ledger.events(subject=FIRST, action="archive.held")
    assert [row["held_since"] for row in rows] == [None, held.at, None]
    assert [row["run"] for row in listed(house, "TEST-TWO")] == [OTHER]


def test_the_ledger_is_asked_as_often_whatever_is_archived(house: House) -> None:
    """The number of readings does not grow with the number of archived runs."""
    one, all_runs = CountedLedger(house.ledger), CountedLedger(house.ledger)
    listed(replace(house, ledger=one), "TEST-TWO")
    listed(replace(house, ledger=all_runs))
    assert one.asked == all_runs.asked
