"""diff: two months whose data and code differ by known amounts."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from medicore.stats.verification import verify_effect
from tests.conftest import Answer, Project, found_project, git
from tests.whole_house.planned_studies import moved, moving
from tests.whole_house.prepared_study import Numbers, PreparedStudy

STUDY = "TEST-MOVING"
SHIFT, FACTOR = 1.0, 1.1
"""What the second month's data add to every treated outcome, and by what its code multiplies all outcomes."""
PLACE = "medicore/steps/models/sample.py"
READ = 'outcome = analysis["outcome"].to_numpy(dtype=np.float64)\n'
SCALED = f'outcome = {FACTOR} * analysis["outcome"].to_numpy(dtype=np.float64)\n'
CONFIRMED = 1e-6
"""How near two implementations of the effect come, in points; their tolerance is in standard errors of 0.4."""
ROUNDING = 1e-12
"""Relative, of sums of a few numbers in double precision."""


@dataclass(frozen=True)
class Compared:
    """The project after two months, and how they differ."""

    project: Project
    answer: Answer
    found: dict[str, Any]

    def shares(self) -> dict[str, float]:
        """Return what each part contributed, by its name."""
        listed = self.found["attribution"]["contributions"]
        return {"+".join(one["parts"]): one["value"] for one in listed}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Compared:
    """February, and March with other data and other code."""
    project = found_project(tmp_path_factory.mktemp("diff"), prefect_url)
    study = moving().planned("gates.estimate_change", 100.0)
    analyse(project, study, "2025-02")
    source = (project.root / PLACE).read_text("utf-8")
    assert source.count(READ) == 1
    (project.root / PLACE).write_text(source.replace(READ, SCALED), "utf-8")
    analyse(replace(project, apart=True), march(), "2025-03")
    answer = project.medicore("diff", f"{STUDY}/2025-02/1", f"{STUDY}/2025-03/1", "--json")
    return Compared(project, answer, answer.json())


def march() -> PreparedStudy:
    """Return the study of the second month."""
    return moved(SHIFT).planned("gates.estimate_change", 100.0)


def analyse(project: Project, study: PreparedStudy, month: str) -> None:
    """Commit what the project is now with the study's protocol, deliver the month, and run it."""
    study.write_protocol(project)
    git("add", "--all", folder=project.root)
    git("commit", "--quiet", "--message", f"The plan of {month}", folder=project.root)
    study.deliver(project, month)
    project.medicore("run", study.study, month)


def effect(study: PreparedStudy) -> float:
    """Return the effect in everybody by the second implementation, which no step of diff uses."""
    columns = [study.numbers(name) for name in ("age", "bmi", "severity")]
    columns.append(np.array(study.texts["smoker"]) == "current")
    columns += [np.array(study.texts["region"]) == region for region in ("north", "south")]
    x: Numbers = np.column_stack(columns).astype(np.float64)
    return verify_effect(x, x, study.active, study.numbers("change"), target="ATE").value


def test_every_part_has_its_known_share(compared: Compared) -> None:
    """Of 1.1^code (effect + shift·data), each part has its mean over both orders of change."""
    truth = {
        "data": SHIFT * (1 + FACTOR) / 2,
        "code": (FACTOR - 1) * (effect(moving()) + SHIFT / 2),
    }
    assert compared.found["changed"] == ["data", "code"]
    assert compared.shares() == pytest.approx(truth, abs=CONFIRMED)


def test_the_parts_add_up_to_the_recorded_change(compared: Compared) -> None:
    """The shares are the difference of the two recorded estimates, and nothing is left to the environment."""
    found, attribution = compared.found, compared.found["attribution"]
    change = found["after"]["estimate"] - found["before"]["estimate"]
    assert sum(compared.shares().values()) == pytest.approx(change, rel=ROUNDING)
    assert (attribution["recorded"], attribution["environment"]) == (change, 0.0)
    assert (found["before"]["estimand"], found["after"]["estimand"]) == ("ATE", "ATE")
    own = {tuple(one["later"]): one["estimate"] for one in attribution["recomputed"]}
    assert own[()] == found["before"]["estimate"]
    assert own["data", "code"] == found["after"]["estimate"]
    assert len(own) == 4


def test_what_differs_is_counted_and_named(compared: Compared) -> None:
    """Data in counts of values by column, the code by file; protocol and libraries are the same."""
    found, treated = compared.found, int(moving().active.sum())
    subjects = found["subjects"]
    assert [subjects[key] for key in ("before", "after", "added", "removed", "changed")] == [
        300, 300, 0, 0, treated,
    ]  # fmt: skip
    assert subjects["values"] == [{"column": "change", "altered": treated, "filled": 0, "emptied": 0}]
    assert [(one["name"], one["kind"]) for one in found["code"]] == [(PLACE, "changed")]
    assert (found["protocol"], found["libraries"]) == ([], [])


def test_no_value_of_a_patient_is_shown(compared: Compared) -> None:
    """Neither an identifier nor a value of a patient is in the answer or in the progress."""
    written = compared.answer.out + compared.answer.err
    assert moving().told_in(written) + moved(SHIFT).told_in(written) == []
