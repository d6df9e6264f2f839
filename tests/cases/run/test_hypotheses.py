"""Secondary endpoints and a family through the whole house: computed, sealed, verified, explained and printed."""

from pathlib import Path
from typing import Any

import numpy as np

from medicore.cases.answers.explain import explain
from medicore.cases.proof.verify import verify
from medicore.cases.run.seal import read_results
from medicore.records.identifiers import RunId
from medicore.records.results.analysis_results import reporting_event
from medicore.records.results.result_tables import result_tables
from medicore.stats.multiplicity.holm import holm
from tests.whole_house.house import WholeHouse
from tests.whole_house.prepared_study import PreparedStudy

STUDY = "TEST-HYPOTHESES"
EARLY: dict[str, Any] = {
    "name": "early", "column": "week_4", "unit": "points", "label": "Score at week 4", "assessed": "none",
    "missing": {"method": "weighted"},
}  # fmt: skip
RESPONSE: dict[str, Any] = {
    "name": "response", "column": "responded", "type": "binary", "measure": "risk ratio", "unit": "patients",
    "label": "Response", "assessed": "none", "missing": {"method": "weighted"},
}  # fmt: skip
SMOKERS = {"subgroup": "smoker", "level": "never"}
FAMILY = {
    "name": "efficacy", "hypotheses": ["primary", "early", SMOKERS], "method": "holm", "alpha": 0.05,
    "month": "2025-03",
}  # fmt: skip


def with_hypotheses() -> PreparedStudy:
    """Return a sound study with two secondary endpoints, of which a family covers one."""
    made = PreparedStudy(STUDY)
    responded = np.where(
        np.arange(len(made.numbers("change"))) % 17 == 0, "", (made.numbers("change") > 1).astype(int)
    )
    columns = [
        *made.protocol["contract"]["columns"],
        {
            "name": "responded", "type": "integer", "timing": "follow-up", "minimum": 0, "maximum": 1,
            "required": False,
        },
    ]  # fmt: skip
    made = made.column("responded", responded.tolist()).planned("contract.columns", columns)
    made = made.planned("sensitivity.subgroups", ["smoker"]).planned("secondary", [EARLY, RESPONSE])
    return made.planned("families", [FAMILY])


def test_endpoints_and_a_family_go_the_whole_way(founded: WholeHouse, tmp_path: Path) -> None:
    """The sealed decisions follow from the sealed p-values, verify proves the run, and explain computes them again."""
    with_hypotheses().write(founded)  # type: ignore[arg-type] # a house has the folders of a project
    founded.commit("Hypotheses are declared")
    ended = founded.run(STUDY)
    assert (ended.state, ended.findings) == ("candidate", ())
    run = RunId.parse(ended.run)
    results = read_results(founded.house, run, founded.history(ended.run).sealed_commit).document
    early, response = results["secondary"]
    assert (early["family"], response["family"]) == ("efficacy", None)
    assert response["n"] > response["outcomes"]["arms"]["treated"]["observed"] > 0
    (family,) = results["families"]
    subgroup = next(row for row in results["sensitivity"]["supplementary"] if row["name"] == "Smoking: never")
    entering = [results["monitoring"]["sequential_p"], early["p_value"], subgroup["p_value"]]
    assert [one["entering_p"] for one in family["hypotheses"]] == entering
    assert [one["adjusted_p"] for one in family["hypotheses"]] == list(holm(entering))
    assert all(check.passed for check in verify(founded.house, run))
    _is_explained(founded, run, results, tmp_path)
    _is_told_elsewhere(str(run), results, founded)


def _is_explained(whole: WholeHouse, run: RunId, results: dict[str, Any], folder: Path) -> None:
    """Assert that endpoint and decision are traced to their functions and come out again."""
    told = explain(whole.house, run, "secondary.1.estimate", folder / "scratch")
    assert told.value == told.recomputed == results["secondary"][1]["estimate"]
    assert (told.origin.step, told.file) == ("sensitivity", "medicore/steps/alternatives/secondary.py")
    assert told.protocol["secondary"][1]["name"] == "response"
    adjusted = explain(whole.house, run, "families.0.hypotheses.1.adjusted_p", folder / "again")
    assert adjusted.value == adjusted.recomputed == results["families"][0]["hypotheses"][1]["adjusted_p"]
    assert adjusted.file == "medicore/stats/multiplicity/family.py"


def _is_told_elsewhere(name: str, results: dict[str, Any], whole: WholeHouse) -> None:
    """Assert that tables and the analysis results name endpoints and hypotheses."""
    tables = result_tables(results)
    assert b"risk ratio" in tables["14.2.8_secondary.csv"]
    assert b"families.0.hypotheses.2" in tables["14.2.9_families.csv"]
    event = reporting_event(name, results, whole.house.protocols.load(STUDY).as_json())
    names = {analysis["name"] for analysis in event["analyses"]}
    assert any("Secondary endpoints" in one for one in names)
    assert any("Families of hypotheses" in one for one in names)
