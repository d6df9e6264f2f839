"""What a protocol may plan beside the usual: imputation, ratios, other targets, a third arm, a watch on the change."""

import json
import shutil
from typing import Any

import numpy as np
import pytest

from medicore.stores.report.pdf_text import text_of, tight
from tests.conftest import Project, found_project, git
from tests.line import planned_studies as planned
from tests.line.ended_run import EndedRun, events_of, portfolio
from tests.line.prepared_study import MONTH, PreparedStudy, prepare

STUDIES = (planned.imputed(), planned.risk_ratio_in_the_treated(), planned.three_arms())
FAR = 4.0
"""Standard errors within which an unbiased estimate lies, but for one sample in 15,000."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, prefect_url: str) -> Project:
    """A project of its own, with these studies' protocols and deliveries."""
    made = found_project(tmp_path_factory.mktemp("planned"), prefect_url)
    prepare(made, *STUDIES, planned.moving(), planned.amended())
    return made


@pytest.fixture(scope="module")
def ended(project: Project) -> dict[str, EndedRun]:
    """How the month of the three studies ended: each waits for its approval."""
    return portfolio(project, *STUDIES, expected=0)


def results(project: Project, study: PreparedStudy, sealing: str = "") -> dict[str, Any]:
    """Return the results in the study's sealed record."""
    name = f"run/{study.study}/{MONTH}/1{sealing}:records/{study.study}/{MONTH}/results.json"
    return dict(json.loads(git("show", name, folder=project.home / "records.git")))


def report(project: Project, study: PreparedStudy) -> str:
    """Return the text of the study's report."""
    return text_of(
        (project.home / "reports" / study.study / MONTH / f"{study.study}_{MONTH}_1.pdf").read_bytes()
    )


def test_missing_covariates_are_imputed_and_said(project: Project, ended: dict[str, EndedRun]) -> None:
    """The pooled estimate is near the truth, the report counts the gaps, and the run reproduces bit by bit."""
    study = STUDIES[0]
    assert ended[study.study].row["state"] == "sealed, awaiting approval"
    found = results(project, study)
    primary, covariates = found["primary"], found["imputation"]["covariates"]
    assert abs(primary["estimate"] - planned.EFFECT) < FAR * primary["standard_error"]
    assert primary["imputation"]["imputations"] == 5
    gaps = {column: study.texts[column].count("") for column in ("age", "smoker")}
    assert {row["column"]: sum(row["missing"].values()) for row in covariates} == gaps
    text = report(project, study)
    for words in ("Table 14.1.2.1", "pooled over 5 completed data sets", "missing at random"):
        assert tight(words) in text
    answer = project.medicore("reproduce", ended[study.study].row["run"], "--json").json()
    assert answer["identical"] is True
    origin = project.medicore(
        "explain", ended[study.study].row["run"], "primary.imputation.between", "--json"
    ).json()
    assert (origin["identical"], origin["value"]) == (True, primary["imputation"]["between"])


def test_a_risk_ratio_in_the_treated(project: Project, ended: dict[str, EndedRun]) -> None:
    """A binary outcome gives a risk ratio in the treated, with the difference beside it, confirmed a second time."""
    study = STUDIES[1]
    assert ended[study.study].row["state"] == "sealed, awaiting approval"
    primary = results(project, study)["primary"]
    assert (primary["estimand"], primary["measure"]) == ("ATT, risk ratio", "risk ratio")
    responded = study.numbers("responded")[study.active]
    assert primary["mean_treated"] == pytest.approx(responded.mean())
    assert primary["estimate"] == pytest.approx(primary["mean_treated"] / primary["mean_control"])
    assert primary["verification"]["relative_difference"] < 1e-6
    text = report(project, study)
    assert tight("a risk ratio of") in text
    assert tight("The difference of the risks is") in text


def test_a_third_arm_is_outside_the_contrast(project: Project, ended: dict[str, EndedRun]) -> None:
    """The declared contrast compares two arms; the third is counted in the disposition and not analysed."""
    study = STUDIES[2]
    assert ended[study.study].row["state"] == "sealed, awaiting approval"
    found = results(project, study)
    arms = np.array(study.texts["arm"])
    assert found["cohort"]["not_in_contrast"] == (arms == "low dose").sum() > 0
    assert found["cohort"]["arms"] == {
        "treated": {"label": "high dose", "n": int((arms == "high dose").sum())},
        "control": {"label": "control", "n": int((arms == "control").sum())},
    }
    assert found["primary"]["n"] == (arms != "low dose").sum()
    assert abs(found["primary"]["estimate"] - planned.EFFECT) < FAR * found["primary"]["standard_error"]


def test_an_estimate_that_moved_halts(project: Project) -> None:
    """A month whose estimate moved beyond the limit halts, says by how much and since when; a small move passes."""
    study = planned.moving()
    study.deliver(project, "2025-02")
    project.medicore("run", study.study, "2025-02")
    before = project.medicore("status", study.study, "--json").json()[0]
    project.sign(before["run"], "approve")
    shutil.rmtree(project.home / "inbox" / study.study / MONTH)
    planned.moved(3.0).deliver(project)
    (row,) = project.medicore("run", study.study, MONTH, "--json", expected=10).json()
    events = events_of(project, row["run"])
    (finding,) = events[-1]["details"]["findings"]
    assert (finding["gate"], finding["subject"], finding["threshold"]) == (
        "change of estimate",
        "since 2025-02",
        "1",
    )
    assert float(finding["statistic"]) > 1
    assert "of its standard errors since 2025-02; the limit is 1; look at what changed" in finding["message"]
    project.sign(row["run"], "proceed", finding=finding["digest"])
    again = {one["run"]: one for one in project.medicore("status", study.study, "--json").json()}
    assert again[row["run"]]["estimate"] - before["estimate"] == pytest.approx(3.0, abs=1e-3)


def test_a_changed_protocol_needs_a_signature(project: Project) -> None:
    """A protocol that differs from the approved one halts and names its keys; signed, the run goes on (FAULTS 30)."""
    study = planned.amended()
    study.deliver(project, "2025-02")
    first = project.medicore("run", study.study, "2025-02", "--json").json()[0]["run"]
    project.sign(first, "approve")
    shutil.rmtree(project.home / "inbox" / study.study / MONTH)
    prepare(project, planned.amendment())
    (row,) = project.medicore("run", study.study, MONTH, "--json", expected=10).json()
    (finding,) = events_of(project, row["run"])[-1]["details"]["findings"]
    assert (finding["gate"], finding["subject"]) == ("protocol deviation", "protocol")
    assert finding["message"] == (
        f"the protocol differs from the one approved with run {first} in gates.smd, version; sign the deviation, or "
        "restore the protocol and run again"
    )
    signed = project.sign(row["run"], "proceed", finding=finding["digest"]).json()
    assert signed["state"] == "sealed, awaiting approval"
    found = results(project, study, sealing=".2")
    assert found["check"]["protocol"] == {"approved_with": first, "keys": ["gates.smd", "version"]}
