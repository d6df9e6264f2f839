"""Attempts: a row for each time that a run stopped or ended, told from the ledger in few readings."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.answers.attempts import attempts
from medicore.ports.house import House
from medicore.records.ledger.ledger import NewEvent
from tests.steps.counted_ledger import CountedLedger
from tests.whole_house.people import found_house

STUDY, OTHER = "TEST-ONE", "TEST-TWO"
FINDING = {"message": "age is imbalanced", "gate": "SMD", "digest": "5d" * 32}
HALT = {"step": "propensity", "findings": [FINDING]}


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house in whose ledger runs ended in every way, and a request was refused."""
    found = found_house(tmp_path)[0]

    def say(action: str, run: str, **details: Any) -> None:
        found.ledger.append(NewEvent("ana", "analyst", action, run, f"reason of {action}", details))

    for number, told in enumerate(("run.halted", "run.explored", "run.failed", "run.sealed"), start=1):
        say("run.requested", f"{STUDY}/2025-03/{number}")
        details = {"run.failed": {"step": "effect", "error": "EstimationError"}, "run.sealed": {}}
        say(told, f"{STUDY}/2025-03/{number}", **details.get(told, HALT))
    say("run.continued", f"{STUDY}/2025-03/1", decisions=[])
    say("run.sealed", f"{STUDY}/2025-03/1")
    say("run.requested", f"{OTHER}/2025-03/1")
    say("run.refused", "requests", error="ReviewError")
    return found


def test_every_ending_has_a_row_in_order(house: House) -> None:
    """A run that halted and went on has two rows; one that is at work says so; a refusal is of no run."""
    rows = attempts(house)
    assert [(row["run"], row["how"]) for row in rows] == [
        (f"{STUDY}/2025-03/1", "halted"),
        (f"{STUDY}/2025-03/2", "explored"),
        (f"{STUDY}/2025-03/3", "failed"),
        (f"{STUDY}/2025-03/4", "sealed"),
        (f"{STUDY}/2025-03/1", "sealed"),
        (f"{OTHER}/2025-03/1", "not ended"),
        (None, "refused"),
    ]
    assert [row["messages"] for row in rows] == [
        ["age is imbalanced"],
        ["age is imbalanced"],
        ["reason of run.failed"],
        [],
        [],
        [],
        ["reason of run.refused"],
    ]
    assert [(row["step"], row["error"]) for row in rows[1:3]] == [
        ("propensity", None),
        ("effect", "EstimationError"),
    ]
    assert (rows[0]["state"], rows[5]["state"]) == ("sealed, awaiting approval", "running")
    assert (rows[0]["requested_by"], rows[0]["reason"]) == ("ana", "reason of run.requested")


def test_only_failures_are_told_where_they_are_wanted(house: House) -> None:
    """With ``failed`` halts and failures alone have rows; of one study refusals of nobody's run are left out."""
    assert [(row["run"], row["how"]) for row in attempts(house, STUDY, failed=True)] == [
        (f"{STUDY}/2025-03/1", "halted"),
        (f"{STUDY}/2025-03/3", "failed"),
    ]
    assert [row["how"] for row in attempts(house, failed=True)] == ["halted", "failed", "refused"]
    assert attempts(house, OTHER, failed=True) == []


def test_all_runs_of_a_study_are_read_at_once(house: House) -> None:
    """However many runs a study has, its attempts are told from one reading of the ledger."""
    ledger = CountedLedger(house.ledger)
    assert len(attempts(replace(house, ledger=ledger), STUDY)) == 5
    assert ledger.asked == 1
