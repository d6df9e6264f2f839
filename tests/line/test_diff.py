"""diff: two months whose data, protocol and code differ by known amounts, and one that cannot be taken apart."""

import json
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
    """February, and March with other data, another target and other code."""
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
    return moved(SHIFT).planned("gates.estimate_change", 100.0).planned("estimand.target", "ATT")


def analyse(project: Project, study: PreparedStudy, month: str) -> None:
    """Commit what the project is now with the study's protocol, deliver the month, and run it."""
    study.write_protocol(project)
    git("add", "--all", folder=project.root)
    git("commit", "--quiet", "--message", f"The plan of {month}", folder=project.root)
    study.deliver(project, month)
    project.medicore("run", study.study, month)


def with_height(study: PreparedStudy) -> PreparedStudy:
    """Return the study with the height of its subjects, measured, in the contract and in both models."""
    plan = study.protocol
    height = np.random.default_rng(7).normal(170, 9, len(study.texts["age"]))
    for place, entry in (
        ("contract.columns", {"name": "height", "type": "number", "timing": "baseline", "unit": "cm"}),
        ("covariates", {"column": "height", "label": "Height"}),
        ("models.propensity", "height"),
        ("models.outcome", "height"),
    ):
        *parts, last = place.split(".")
        study = study.planned(place, [*(plan[parts[0]] if parts else plan)[last], entry])
    return study.column("height", height.tolist())


def effect(study: PreparedStudy, target: Any) -> float:
    """Return the effect in a population by the second implementation, which no step of diff uses."""
    columns = [study.numbers(name) for name in ("age", "bmi", "severity")]
    columns.append(np.array(study.texts["smoker"]) == "current")
    columns += [np.array(study.texts["region"]) == region for region in ("north", "south")]
    x: Numbers = np.column_stack(columns).astype(np.float64)
    return verify_effect(x, x, study.active, study.numbers("change"), target=target).value


def test_every_part_has_its_known_share(compared: Compared) -> None:
    """Of 1.1^code (effect + shift·data + (ATT − ATE)·protocol), each part has its mean over all orders of change."""
    everybody, treated = effect(moving(), "ATE"), effect(moving(), "ATT")
    truth = {
        "data": SHIFT * (1 + FACTOR) / 2,
        "protocol": (treated - everybody) * (1 + FACTOR) / 2,
        "code": (FACTOR - 1) * (everybody + SHIFT / 2 + (treated - everybody) / 2),
    }
    assert compared.found["changed"] == ["data", "protocol", "code"]
    assert compared.shares() == pytest.approx(truth, abs=CONFIRMED)
    assert abs(truth["protocol"]) > 1000 * CONFIRMED


def test_the_parts_add_up_to_the_recorded_change(compared: Compared) -> None:
    """The shares are the difference of the two recorded estimates, and nothing is left to the environment."""
    found, attribution = compared.found, compared.found["attribution"]
    change = found["after"]["estimate"] - found["before"]["estimate"]
    assert sum(compared.shares().values()) == pytest.approx(change, rel=ROUNDING)
    assert (attribution["recorded"], attribution["environment"]) == (change, 0.0)
    assert (found["before"]["estimand"], found["after"]["estimand"]) == ("ATE", "ATT")
    own = {tuple(one["later"]): one["estimate"] for one in attribution["recomputed"]}
    assert own[()] == found["before"]["estimate"]
    assert own["data", "protocol", "code"] == found["after"]["estimate"]
    assert len(own) == 8


def test_what_differs_is_counted_and_named(compared: Compared) -> None:
    """Data in counts of values by column, the protocol by key, the code by file, the libraries by package."""
    found, treated = compared.found, int(moving().active.sum())
    subjects = found["subjects"]
    assert [subjects[key] for key in ("before", "after", "added", "removed", "changed")] == [
        300, 300, 0, 0, treated,
    ]  # fmt: skip
    assert subjects["values"] == [{"column": "change", "altered": treated, "filled": 0, "emptied": 0}]
    assert [(one["name"], one["before"], one["after"]) for one in found["protocol"]] == [
        ("estimand.target", "ATE", "ATT")
    ]
    assert [(one["name"], one["kind"]) for one in found["code"]] == [(PLACE, "changed")]
    assert found["libraries"] == []


def test_no_value_of_a_patient_is_shown(compared: Compared) -> None:
    """Neither an identifier nor a value of a patient is in the answer or in the progress."""
    written = compared.answer.out + compared.answer.err
    secrets = moving().secrets() | moved(SHIFT).secrets()
    assert [secret for secret in secrets if secret in written] == []


def test_parts_that_cannot_be_told_apart_are_joined(compared: Compared) -> None:
    """A covariate that only one month's data have joins data and protocol; the text says so, and why."""
    analyse(replace(compared.project, apart=True), with_height(march()), "2025-04")
    before, after = f"{STUDY}/2025-03/1", f"{STUDY}/2025-04/1"
    text = compared.project.medicore("diff", before, after).out
    rows = {run: estimate(compared.project, run) for run in (before, after)}
    change, error = rows[after][0] - rows[before][0], rows[after][1]
    assert f"{change:+.4f}" != f"{0:+.4f}"
    for name, value in (
        ("data + protocol", change),
        ("environment", 0.0),
        ("together", change),
    ):
        figures = [f"{value:+.4f}", f"{value / error:+.2f}"]
        assert [*name.split(), *figures] in [line.split() for line in text.splitlines()]
    for said in (
        "300 subjects, then 300: 0 added, 0 removed, 0 with another value",
        "columns added: height",
        "covariates[height] added",
        "code       the same",
        "libraries  the same",
        "Column height is in the export but not in the data contract.",
        "Column height of the data contract is not in the export.",
        "data and protocol cannot be told apart",
        "Shapley",
    ):
        assert said in text


def estimate(project: Project, run: str) -> tuple[float, float]:
    """Return the recorded estimate of a run and its standard error."""
    name = f"run/{run}:records/{run.rpartition('/')[0]}/effect.json"
    primary = json.loads(git("show", name, folder=project.home / "records.git"))["primary"]
    return primary["estimate"], primary["standard_error"]
