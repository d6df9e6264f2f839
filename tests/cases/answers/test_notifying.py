"""Notices: what is told of runs and of late months, once, and what the ledger keeps of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from medicore.cases.answers.notifying import tell_of_late, tell_of_run
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from tests.whole_house.people import SetClock, found_house

STUDY = "MED-2024-0198"
RUN = RunId.parse(f"{STUDY}/2025-03/1")


@dataclass
class Outside:
    """An address that takes what it is told, or does not."""

    fault: str | None = None
    told: list[Mapping[str, Any]] = field(default_factory=list)

    def __call__(self, message: Mapping[str, Any]) -> str | None:
        """Take a message."""
        self.told.append(message)
        return self.fault


@pytest.fixture
def housed(tmp_path: Path) -> tuple[House, SetClock]:
    """A house with the portfolio's protocols, and its clock."""
    return found_house(tmp_path)


def say(house: House, action: str, **details: Any) -> None:
    """Append an event on the run."""
    house.ledger.append(NewEvent("medicore", "service", action, str(RUN), "because", details))


def test_a_halted_run_is_told_by_gates_alone(housed: tuple[House, SetClock]) -> None:
    """State, step and gates are told; of the finding's words and numbers nothing is."""
    house, _ = housed
    say(house, "run.requested")
    finding = {"gate": "SMD (weighted)", "message": "worst age with 0.314", "statistic": "0.314"}
    say(house, "run.halted", step="propensity", findings=[finding, finding | {"gate": "overlap"}])
    outside = Outside()
    tell_of_run(house, RUN, outside)
    (message,) = outside.told
    assert message["text"] == (f"{RUN} is halted, awaiting a decision at propensity: SMD (weighted), overlap")
    assert (message["study"], message["month"], message["step"]) == (STUDY, "2025-03", "propensity")
    assert "0.314" not in str(message)
    *_, kept = house.ledger.events()
    assert (kept.action, kept.subject, kept.actor) == ("notice.sent", str(RUN), "medicore")
    assert kept.details == {"state": "halted, awaiting a decision"}


def test_what_stopped_a_run_before_is_not_told_of_its_end(housed: tuple[House, SetClock]) -> None:
    """A run that halted, went on and was sealed is told as sealed, without the gates of before."""
    house, _ = housed
    say(house, "run.requested")
    say(house, "run.halted", step="propensity", findings=[{"gate": "overlap"}])
    say(house, "run.continued")
    say(house, "run.sealed")
    outside = Outside()
    tell_of_run(house, RUN, outside)
    assert outside.told[0]["text"] == f"{RUN} is sealed, awaiting approval"
    assert outside.told[0]["gates"] == []


def test_a_notice_that_is_not_taken_is_kept(housed: tuple[House, SetClock]) -> None:
    """Who could not be told is no trouble for the run; the ledger says that it failed, and why in a word."""
    house, _ = housed
    say(house, "run.requested")
    say(house, "run.failed", step="extract", error="DataError", exit_code=4)
    tell_of_run(house, RUN, Outside("ConnectError"))
    *_, kept = house.ledger.events()
    assert (kept.action, kept.reason) == (
        "notice.failed",
        "not taken by the address of 'notify' (ConnectError)",
    )


def test_late_months_are_told_once(housed: tuple[House, SetClock]) -> None:
    """Runs not released and months without a run, each once; what did not arrive is told again."""
    house, clock = housed
    clock.time = datetime(2025, 6, 1, tzinfo=UTC)
    rows = [{"run": str(RUN), "state": "sealed, awaiting approval"}]
    assert tell_of_late(house, rows, Outside("status 500")) == (f"{STUDY}/2025-03", f"{STUDY}/2025-04")
    outside = Outside()
    assert len(tell_of_late(house, rows, outside)) == 2
    assert outside.told[0]["due"] == ["2025-04-07", "2025-05-07"]
    assert outside.told[0]["text"] == f"2 month(s) are late: {STUDY}/2025-03, {STUDY}/2025-04"
    assert tell_of_late(house, rows, outside) == ()
    assert len(outside.told) == 1
    clock.pass_days(30)
    assert tell_of_late(house, rows, outside) == (f"{STUDY}/2025-05",)
