"""What a protocol may plan beside the usual: imputation, ratios, other targets, a third arm, a watch on change."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medicore.cases.answers.explain import explain
from medicore.cases.portfolio.entry import entry
from medicore.cases.proof.reproduce import reproduce
from medicore.cases.proof.verify import verify
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.errors import ReviewError
from medicore.records.identifiers import RunId
from medicore.records.moment import timestamp
from tests.whole_house import planned_studies as planned
from tests.whole_house.house import WholeHouse, found_whole_house
from tests.whole_house.prepared_study import MONTH, PreparedStudy

FAR = 4.0
"""Standard errors within which an unbiased estimate lies, but for one sample in 15,000."""
ROUNDED = 1e-3
"""How far rounding of the delivered texts to five digits moves an estimate in points, at most."""


@pytest.fixture
def house(tmp_path: Path) -> WholeHouse:
    """A house without a study."""
    return found_whole_house(tmp_path / "house")


def sealed(house: WholeHouse, study: PreparedStudy, month: str = MONTH) -> RunId:
    """Run a study's month, which must wait for its approval, and return the run."""
    house.prepare(study, month=month)
    outcome = house.run(study.study, month)
    assert outcome.state == "candidate", outcome.message
    return RunId.parse(outcome.run)


def results(house: WholeHouse, run: RunId) -> dict[str, Any]:
    """Return the results in a run's sealed record."""
    return read_results(house.house, run, sealed_commit(house.house, run)).document


def test_missing_covariates_are_imputed_and_counted(house: WholeHouse, tmp_path: Path) -> None:
    """The pooled estimate is near the truth, the gaps are counted, and the run reproduces bit by bit."""
    study = planned.imputed()
    run = sealed(house, study)
    found = results(house, run)
    primary, covariates = found["primary"], found["imputation"]["covariates"]
    assert abs(primary["estimate"] - planned.EFFECT) < FAR * primary["standard_error"]
    assert primary["imputation"]["imputations"] == 5
    gaps = {column: study.texts[column].count("") for column in ("age", "smoker")}
    assert {row["column"]: sum(row["missing"].values()) for row in covariates} == gaps
    assert all(one.identical for one in reproduce(house.house, run, tmp_path / "reproduced").files)
    origin = explain(house.house, run, "primary.imputation.between", tmp_path / "explained")
    assert origin.value == origin.recomputed == primary["imputation"]["between"]


def test_missing_outcomes_are_drawn_and_pooled(house: WholeHouse, tmp_path: Path) -> None:
    """The pooled estimate is near the truth, every missing outcome was drawn, and draws and surface are explained."""
    study = planned.drawn()
    run = sealed(house, study)
    found = results(house, run)
    primary, made = found["primary"], found["cohort"]["outcomes"]["imputation"]
    assert abs(primary["estimate"] - planned.EFFECT) < FAR * primary["standard_error"]
    assert primary["imputation"]["imputations"] == 5
    assert sum(arm["imputed"] for arm in made["arms"].values()) == study.texts["change"].count("")
    assert all(one.identical for one in reproduce(house.house, run, tmp_path / "reproduced").files)
    for place, path in enumerate(
        ("cohort.outcomes.imputation.arms.treated.mean_imputed", "tipping.surface.cells.3.estimate")
    ):
        origin = explain(house.house, run, path, tmp_path / f"explained{place}")
        assert origin.value == origin.recomputed is not None


def test_flexible_models_have_rows_and_splits(house: WholeHouse, tmp_path: Path) -> None:
    """Each learner's row is near the truth, reproduces bit by bit, and is explained with its splits."""
    study = planned.flexible()
    run = sealed(house, study)
    found = results(house, run)["sensitivity"]
    rows = [row for row in found["sensitivity"] if row["name"].startswith("Flexible models")]
    assert [row["name"].partition(": ")[2] for row in rows] == ["penalised regression", "gradient boosting"]
    for row in rows:
        assert row["estimator"] == "AIPW for treatment and observation, cross-fitted in 5 folds"
        assert abs(row["estimate"] - planned.EFFECT) < FAR * row["standard_error"]
    assert [one["split"] for one in found["flexible"]] == [1, 2, 1, 2]
    assert all(one.identical for one in reproduce(house.house, run, tmp_path / "reproduced").files)
    origin = explain(house.house, run, "sensitivity.flexible.2.estimate", tmp_path / "explained")
    assert origin.value == origin.recomputed == found["flexible"][2]["estimate"]
    assert origin.origin.function.endswith(":flexible_models")


def test_a_risk_ratio_in_the_treated(house: WholeHouse) -> None:
    """A binary outcome gives a risk ratio in the treated, confirmed a second time."""
    study = planned.risk_ratio_in_the_treated()
    primary = results(house, sealed(house, study))["primary"]
    assert (primary["estimand"], primary["measure"]) == ("ATT, risk ratio", "risk ratio")
    responded = study.numbers("responded")[study.active]
    assert primary["mean_treated"] == pytest.approx(responded.mean(), rel=1e-12)
    assert primary["estimate"] == pytest.approx(primary["mean_treated"] / primary["mean_control"], rel=1e-12)
    assert primary["verification"]["relative_difference"] < 1e-6


def test_a_third_arm_is_outside_the_contrast(house: WholeHouse) -> None:
    """The declared contrast compares two arms; the third is counted in the disposition and not analysed."""
    study = planned.three_arms()
    found = results(house, sealed(house, study))
    arms = np.array(study.texts["arm"])
    assert found["cohort"]["not_in_contrast"] == (arms == "low dose").sum() > 0
    assert found["cohort"]["arms"] == {
        "treated": {"label": "high dose", "n": int((arms == "high dose").sum())},
        "control": {"label": "control", "n": int((arms == "control").sum())},
    }
    assert found["primary"]["n"] == (arms != "low dose").sum()
    assert abs(found["primary"]["estimate"] - planned.EFFECT) < FAR * found["primary"]["standard_error"]


def test_an_estimate_that_moved_halts(house: WholeHouse) -> None:
    """A month whose estimate moved beyond the limit halts, says by how much and since when; signed, it goes on."""
    before = sealed(house, planned.moving(), "2025-02")
    house.release(str(before))
    planned.moved(3.0).deliver(house)  # type: ignore[arg-type] # a house has the folders of a project
    outcome = house.run(before.study)
    (finding,) = outcome.findings
    assert (finding.gate, finding.subject, finding.threshold) == ("change of estimate", "since 2025-02", "1")
    assert float(finding.statistic) > 1
    assert "of its standard errors since 2025-02; the limit is 1; look at what changed" in finding.message
    house.proceed(outcome.run)
    moved = results(house, RunId.parse(outcome.run))["primary"]["estimate"]
    assert moved - results(house, before)["primary"]["estimate"] == pytest.approx(3.0, abs=ROUNDED)


def test_an_estimate_that_stayed_halts_nothing(house: WholeHouse) -> None:
    """The same data a month later have the same estimate, compared with that of the month before."""
    before = sealed(house, planned.moving(), "2025-02")
    after = sealed(house, planned.moving())
    change = results(house, after)["change"]
    assert (change["month"], change["run"], change["in_standard_errors"]) == ("2025-02", str(before), 0.0)


def test_a_changed_protocol_needs_a_signature(house: WholeHouse) -> None:
    """A protocol that differs from the approved one halts and names its keys; signed, the run goes on (FAULTS 30)."""
    first = sealed(house, planned.amended(), "2025-02")
    house.release(str(first))
    house.prepare(planned.amendment())
    outcome = house.run(first.study)
    (finding,) = outcome.findings
    assert (finding.gate, finding.subject) == ("protocol deviation", "protocol")
    assert finding.message == (
        f"the protocol differs from the one approved with run {first} in gates.smd, version; sign the deviation, or "
        "restore the protocol and run again"
    )
    assert house.proceed(outcome.run).state == "candidate"
    found = results(house, RunId.parse(outcome.run))
    assert found["check"]["protocol"] == {"approved_with": str(first), "keys": ["gates.smd", "version"]}


def test_a_vanished_subject_and_a_changed_locked_value_halt(house: WholeHouse) -> None:
    """What the lock of the month before had and this one has not, or has otherwise, is counted; nobody overrides a loss."""
    first = sealed(house, planned.moving(), "2025-02")
    study = planned.moving()
    shorter = {name: texts[1:] for name, texts in study.texts.items()}
    later = PreparedStudy(study.study, study.protocol, shorter)
    later = later.column("age", ["66.00000", *shorter["age"][1:]])
    shutil.rmtree(house.home / "inbox" / study.study / MONTH, ignore_errors=True)
    later.deliver(house)  # type: ignore[arg-type]
    outcome = house.run(study.study)
    assert outcome.state == "halted"
    assert [finding.overridable for finding in outcome.findings] == [False, True]
    assert [finding.statistic for finding in outcome.findings] == ["1", "1"]
    assert "age" in {finding.subject for finding in outcome.findings}
    assert len(house.history(outcome.run).findings) == 2
    assert first.month == "2025-02"


def test_quality_answers_for_a_corrected_value(house: WholeHouse) -> None:
    """Whether the source was right to correct a locked value is for quality; the reviewer decides on the rest."""
    sealed(house, planned.moving(), "2025-02")
    study = planned.moving()
    later = study.column("age", ["66.00000", *study.texts["age"][1:]])
    shutil.rmtree(house.home / "inbox" / study.study / MONTH, ignore_errors=True)
    later.deliver(house)  # type: ignore[arg-type]
    outcome = house.run(study.study)
    (finding,) = outcome.findings
    assert "the largest difference is " in finding.message
    with pytest.raises(ReviewError, match="rita has the role reviewer, which may not correct"):
        house.sign(outcome.run, "proceed", finding=finding.digest)
    asked = entry(house.house, study.study, MONTH, timestamp(house.house.clock.now()))
    assert [one["who"] for one in asked["open"]] == [["Quinn Quality"]]
    assert house.proceed(outcome.run, "quinn").state in {"candidate", "halted"}
    checks = verify(house.house, RunId.parse(outcome.run))
    assert [check.subject for check in checks if not check.passed] == []
