"""What earlier months left: the estimate of the latest earlier run that stands, read from its record."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from medicore.cases.run.earlier import previous_estimate
from medicore.errors import IntegrityError
from medicore.ports.house import House
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import NewEvent
from tests.steps.counted_ledger import CountedLedger
from tests.whole_house.indexed import AT, indexed_house
from tests.whole_house.people import found_house

STUDY = "TEST-ONE"
NOW = RunId(STUDY, "2025-03", 1)
Seal = Callable[..., None]


@pytest.fixture
def housed(tmp_path: Path) -> tuple[House, Seal]:
    """A house without runs, and what seals one by a month, a number and an estimate."""
    indexed = indexed_house(tmp_path / "records")
    house = replace(found_house(tmp_path, ruled=False)[0], records=indexed.records)

    def seal(month: str, number: int, estimate: float, *actions: str) -> None:
        run = RunId(STUDY, month, number)
        primary = {
            "estimand": "ATE", "estimator": "AIPW", "measure": "difference of means", "scale": "identity",
            "unit": "kg", "estimate": estimate, "standard_error": 0.5, "n": 60, "p_value": 0.01,
        }  # fmt: skip
        content = json.dumps({"primary": primary}).encode()
        provenance = {"files": [{"name": "results.json", "sha256": sha256(content), "md5": None}]}
        named = {"results.json": content, "provenance.json": json.dumps(provenance).encode()}
        told = sha256(named["provenance.json"])
        commit = indexed.records.seal(
            parent=indexed.base,
            replaced=run.folder,
            files={f"{run.folder}/{name}": data for name, data in named.items()},
            tag=f"run/{run}",
            message=str(run),
            actor="ana",
            at=AT,
        )
        for action in ("run.requested", *actions):
            house.ledger.append(
                NewEvent("ana", "analyst", action, str(run), "", {"commit": commit, "provenance": told})
            )

    return house, seal


def test_the_latest_month_that_stands_is_compared_with(housed: tuple[House, Seal]) -> None:
    """Rejected and failed runs are passed over, and so are this month and those after it."""
    house, seal = housed
    assert previous_estimate(house, NOW) is None
    seal("2024-12", 1, 1.0, "run.sealed", "run.released")
    seal("2025-01", 1, 2.0, "run.sealed")
    seal("2025-02", 1, 3.0, "run.sealed", "run.rejected")
    seal("2025-02", 2, 4.0, "run.failed")
    seal("2025-03", 2, 5.0, "run.sealed", "run.released")
    found = previous_estimate(house, NOW)
    assert found is not None
    assert (found["month"], found["run"], found["estimate"]) == ("2025-01", f"{STUDY}/2025-01/1", 2.0)
    assert (found["measure"], found["n"]) == ("difference of means", 60)
    assert "p_value" not in found


def test_a_released_run_goes_before_a_later_one(housed: tuple[House, Seal]) -> None:
    """Within the month what was released counts, then the later run."""
    house, seal = housed
    seal("2025-02", 1, 1.0, "run.sealed")
    seal("2025-02", 2, 2.0, "run.sealed")
    found = previous_estimate(house, NOW)
    assert found is not None
    assert found["estimate"] == 2.0
    seal("2025-02", 3, 3.0, "run.sealed", "run.released")
    seal("2025-02", 4, 4.0, "run.sealed")
    found = previous_estimate(house, NOW)
    assert found is not None
    assert found["estimate"] == 3.0


def test_no_month_before_the_one_that_stands_is_read(housed: tuple[House, Seal]) -> None:
    """The ledger is asked as often after two months as after five: for the runs, and for the month that stands."""
    house, seal = housed
    asked = []
    for month in ("2024-10", "2024-11", "2024-12", "2025-01", "2025-02"):
        seal(month, 1, 1.0, "run.sealed")
        ledger = CountedLedger(house.ledger)
        previous_estimate(replace(house, ledger=ledger), NOW)
        asked.append(ledger.asked)
    assert asked == [3] * 5


def test_an_impossible_event_of_the_month_is_refused(housed: tuple[House, Seal]) -> None:
    """A month whose run the ledger tells as no run goes is not compared with."""
    house, seal = housed
    seal("2025-02", 1, 1.0, "run.released")
    with pytest.raises(
        IntegrityError, match="expected an action that this state allows; take the ledger from the archive"
    ):
        previous_estimate(house, NOW)
