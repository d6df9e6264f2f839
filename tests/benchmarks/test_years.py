"""The bench over the years: its studies run without a finding's help, and its page says what was measured."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.console_pages import BOARD, RUN_PAGE
from benchmarks.project import Taken
from benchmarks.years import Asked, page
from benchmarks.years_studies import MONTHS, SIZE, STUDIES, deliver, protocol
from medicore.edc.delivery_folder import DeliveryFolder
from medicore.records.protocol.parsing import parse_protocol


def asked(records: int, verify: float) -> Asked:
    """Return times at a number of records."""
    walls = {"index made": 1.0, "status": 0.5, "explain --value": 0.5, "verify --all": verify}
    walls |= {BOARD: 0.2, RUN_PAGE: 0.6}
    seconds = {name: Taken(wall, wall / 2) for name, wall in walls.items()}
    return Asked(records, 16 * records, 2.5 * records, seconds)


def test_there_are_fifteen_years_of_eight_studies() -> None:
    """Studies and months make the 1,440 records of the requirement."""
    assert len(STUDIES) * len(MONTHS) == 1440
    assert (MONTHS[0], MONTHS[-1]) == ("2011-01", "2025-12")


@pytest.mark.parametrize("study", STUDIES)
def test_protocols_and_deliveries_are_sound(tmp_path: Path, study: str) -> None:
    """Each study's protocol is valid, and its export is complete by its own manifest."""
    planned = parse_protocol(protocol(study), study)
    assert planned.calendar.first_month == MONTHS[0]
    deliver(tmp_path, study, MONTHS[5])
    transfer = DeliveryFolder(tmp_path, by_month=True).pull(study, MONTHS[5])
    manifest = json.loads((tmp_path / study / MONTHS[5] / "transfer.json").read_text(encoding="utf-8"))
    assert manifest["files"][0]["rows"] == SIZE
    assert transfer is not None


def test_page_holds_times_growth_and_verdicts() -> None:
    """Growth is the exponent between first and last size; a target is met by time and by growth both."""
    text = page([asked(90, 2.0), asked(1440, 32.0)])
    assert "| 1,440 | 23,040 | 3,600 | 1.00 s | 0.50 s | 0.50 s | 32.00 s | 0.20 s | 0.60 s |" in text
    assert "n^1.00 |" in text
    assert (
        "- verify --all of 1,440 records within 180 s, not steeper than linear: 32.00 s, n^1.00, met" in text
    )
    assert (
        "- console: board of 1,440 records within 0.3 s, not steeper than linear: 0.20 s, n^0.00, met" in text
    )
    assert text.count("NOT MET") == 1  # the page of a run


@pytest.mark.parametrize("seconds", [181.0, 150.0])
def test_page_says_when_a_target_is_missed(seconds: float) -> None:
    """Too slow, or in time and steeper than linear: the target is not met."""
    assert page([asked(90, 2.0), asked(1440, seconds)]).count("NOT MET") == 2


def test_growth_is_of_the_work_alone() -> None:
    """A command that waited for other work while it used as little of the processor has not grown."""
    first, last = asked(90, 2.0), asked(1440, 32.0)
    slow = {**last.seconds, "verify --all": Taken(64.0, 16.0)}
    assert "64.00 s, n^1.00, met" in page([first, replace(last, seconds=slow)])
