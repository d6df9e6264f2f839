"""A study that is looked at for a year, by the commands that people type: the seventh look crosses and is a finding."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Project, found_project, git
from tests.whole_house.looked_study import LOOKED, YEAR, by_month, looked

pytestmark = pytest.mark.deep
"""Fourteen whole runs take minutes; tests/cases/run/test_looks.py has the same year in one process."""

CROSSING = f"{LOOKED}/{YEAR[6]}/1"
EXPLORED = f"{LOOKED}/{YEAR[8]}/1"
HALTED = 10


@dataclass(frozen=True, slots=True)
class Year:
    """The project after the year, and what it said before the board decided: every run's line, and the crossing's review."""

    project: Project
    lines: list[dict[str, Any]]
    review: dict[str, Any]


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Year:
    """Every month, an exploratory run in the ninth; then the board decides on the seventh, which is run again."""
    project = found_project(tmp_path_factory.mktemp("year"), prefect_url)
    study = looked()
    study.write_protocol(project)
    git("add", "--all", folder=project.root)
    git("commit", "--quiet", "--message", "The plan of the year", folder=project.root)
    for number, month in enumerate(YEAR, 1):
        by_month(study, month).deliver(project, month)
        if number == 9:
            explored = study.planned("models.outcome", ["age", "bmi", "severity", "region"])
            explored.write_protocol(project)
            project.medicore("run", LOOKED, month, "--exploratory", expected=HALTED)
            study.write_protocol(project)
        project.medicore("run", LOOKED, month, expected=HALTED if number >= 7 else 0)
    lines = project.medicore("status", "--json").json()
    review = project.medicore("review", CROSSING, "--json").json()
    answer = ("--meaning", "proceed", "--as", "reviewer", "--reason", "The study goes on")
    project.medicore("sign", CROSSING, "--finding", review["findings"][0]["digest"], *answer)
    project.medicore("run", LOOKED, YEAR[6])
    return Year(project, lines, review)


def section(project: Project, run: str, tag: str) -> dict[str, Any]:
    """Return what the sealed record of a run says of monitoring."""
    study, month, _ = run.split("/")
    place = f"{tag}:records/{study}/{month}/effect.json"
    return dict(json.loads(git("show", place, folder=project.home / "records.git"))["monitoring"])


def test_the_seventh_look_crosses_and_waits_for_the_board(year: Year) -> None:
    """Six months are sealed; the seventh halts at the gate of monitoring, which review shows."""
    rows = {row["run"].rsplit("/", 1)[0]: row for row in year.lines}
    assert [rows[f"{LOOKED}/{month}"]["state"][:6] for month in YEAR[:7]] == ["sealed"] * 6 + ["halted"]
    (finding,) = year.review["findings"]
    assert (finding["gate"], finding["overridable"]) == ("monitoring", True)
    assert finding["message"].startswith("look 7 crossed the boundary of alpha spending")


def test_the_exploratory_run_is_counted_and_the_rerun_spends_nothing(year: Year) -> None:
    """The record of the last month has all looks in the ledger's order, the exploratory one with what it spent."""
    looks = section(year.project, f"{LOOKED}/{YEAR[6]}/2", f"run/{LOOKED}/{YEAR[6]}/2")["looks"]
    assert [look["run"] for look in looks if look["kind"] == "exploratory"] == [EXPLORED]
    assert looks[8]["spent"] > looks[7]["spent"]
    assert looks[-1]["rerun_of"] == 7
    assert looks[-1]["spent"] == looks[6]["spent"]
    assert len(looks) == len(YEAR) + 2


def test_the_rerun_is_answered_by_the_decision_on_the_look(year: Year) -> None:
    """It is sealed without another signature, its finding names the decision, and verification proves it."""
    again = f"{LOOKED}/{YEAR[6]}/2"
    place = f"run/{again}:records/{LOOKED}/{YEAR[6]}/effect.json"
    stored = git("show", place, folder=year.project.home / "records.git")
    (finding,) = json.loads(stored)["findings"]
    assert (finding["answered"]["run"], finding["answered"]["reason"]) == (CROSSING, "The study goes on")
    year.project.medicore("verify", again)


def test_the_record_of_a_look_is_reproduced_with_its_looks(year: Year) -> None:
    """What the ledger told when the lock was frozen is part of the lock: the section comes out the same, and is explained."""
    assert "bit-identical" in year.project.medicore("reproduce", f"{LOOKED}/{YEAR[5]}/1").out
    told = year.project.medicore("explain", f"{LOOKED}/{YEAR[5]}/1", "monitoring.ci_low").out
    assert "medicore/steps/looks/claims.py" in told
    assert "identical" in told
