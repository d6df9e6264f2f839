"""Randomised studies from the delivery to the sealed report: estimator, scheme, hypothesis, and what explain says of them."""

from pathlib import Path

import numpy as np
import pytest

from medicore.cases.answers.explain import explain
from medicore.cases.proof.reproduce import reproduce
from medicore.cases.proof.verify import verify
from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.stored import read_document
from medicore.errors import ProtocolError
from medicore.records.results.analysis_results import reporting_event
from medicore.records.results.result_tables import result_tables
from tests.cases.run.test_planned_analyses import FAR, results, sealed
from tests.whole_house import randomised_studies as planned
from tests.whole_house.house import WholeHouse, found_whole_house


@pytest.fixture
def house(tmp_path: Path) -> WholeHouse:
    """A house without a study."""
    return found_whole_house(tmp_path / "house")


def test_a_stratified_trial_by_ancova_shows_non_inferiority(house: WholeHouse, tmp_path: Path) -> None:
    """The run is sealed without a finding, concludes by the valid interval, is explained, and reproduces bit by bit."""
    study = planned.non_inferior()
    run = sealed(house, study)
    found = results(house, run)
    primary, hypothesis = found["primary"], found["hypothesis"]
    assert primary["estimator"] == "ANCOVA"
    assert abs(primary["estimate"] - planned.EFFECT) < FAR * primary["standard_error"]
    assert found["findings"] == []
    assert hypothesis["concluded"] is True
    assert hypothesis["bound_low"] == found["monitoring"]["ci_low"] > hypothesis["limit_low"] == -1.0
    assert found["randomisation"]["number_of_strata"] == 6
    assert (found["evalue"], found["balance"]["threshold"]) == (None, None)
    assert [row["name"] for row in found["sensitivity"]["sensitivity"] if "Without" in row["name"]] == []
    for place, (path, function) in enumerate(
        {
            "primary.standard_error": "medicore.stats.randomisation.adjusted_means:AdjustedMeans",
            "primary.bootstrap.spread": "medicore.stats.bootstrap.bootstrap_result:BootstrapResult",
            "primary.ci_low": "medicore.stats.effect.estimate:Estimate",
            "hypothesis.p_value": "medicore.steps.models.hypothesis:hypothesis_section",
            "randomisation.arms.treated.share": "medicore.steps.models.allocation:allocation_section",
        }.items()
    ):
        origin = explain(house.house, run, path, tmp_path / f"explained{place}")
        assert origin.value == origin.recomputed is not None
        assert origin.origin.function == function
    assert all(one.identical for one in reproduce(house.house, run, tmp_path / "reproduced").files)
    assert [check.subject for check in verify(house.house, run) if not check.passed] == []


def test_its_numbers_are_exported(house: WholeHouse) -> None:
    """The reporting event names ANCOVA as the method, and the tables have a file for hypothesis and randomisation."""
    run = sealed(house, planned.non_inferior())
    found, protocol = (
        results(house, run),
        read_document(house.house, run, sealed_commit(house.house, run), "protocol.json"),
    )
    event = reporting_event(str(run), found, protocol)
    names = [analysis["name"] for analysis in event["analyses"]]
    assert "Primary effect: ANCOVA" in names
    assert {"Hypothesis", "Randomisation"} <= set(names)
    assert "Unmeasured confounding" not in names
    tables = result_tables(found)
    assert b"non-inferiority" in tables["14.2.1.4_hypothesis.csv"]
    assert b"stratified" in tables["14.1.2.2_randomisation.csv"]


def test_a_minimised_trial_of_three_arms_by_g_computation(house: WholeHouse, tmp_path: Path) -> None:
    """The odds ratio is that of the calibrated risks, and every contrast of the three arms is supplementary."""
    study = planned.minimised()
    run = sealed(house, study)
    found = results(house, run)
    primary = found["primary"]
    one, zero = primary["mean_treated"], primary["mean_control"]
    assert primary["estimator"] == "g-computation, calibrated in strata"
    assert primary["estimate"] == pytest.approx(one / (1 - one) / (zero / (1 - zero)), rel=1e-12)
    assert primary["verification"]["relative_difference"] < 1e-6
    rows = [row for row in found["sensitivity"]["supplementary"] if row["name"].startswith("Contrast")]
    assert [row["n"] for row in rows] == [300, 300, 300]
    assert [row["name"] for row in rows] == [
        "Contrast: control against active",
        "Contrast: low dose against active",
        "Contrast: low dose against control",
    ]
    logs = [np.log(row["estimate"]) for row in rows]
    assert logs[0] + logs[2] == pytest.approx(logs[1], rel=1e-9)
    assert all(one.identical for one in reproduce(house.house, run, tmp_path / "reproduced").files)


def test_what_nothing_computes_is_refused_before_anything_runs(house: WholeHouse) -> None:
    """A scheme whose variance the estimator does not have is a refusal of the protocol, with the key to change."""
    house.prepare(planned.refused())
    with pytest.raises(ProtocolError, match="nothing computes for the estimator 'aipw'"):
        house.run("TEST-NONINFERIOR")
    assert ProtocolError.exit_code == 3
