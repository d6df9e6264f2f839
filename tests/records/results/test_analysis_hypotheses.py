"""Secondary endpoints and families as analyses: their numbers, groups, methods and purpose."""

import json
from pathlib import Path
from typing import Any

from medicore.records.results.analysis_results import reporting_event
from tests.records.results.test_analysis_results import PROTOCOL, RESULTS, RUN

SAMPLE = Path(__file__).resolve().parents[2] / "quarto_templates" / "sample_results.json"
PARTS: dict[str, Any] = {
    key: value for key, value in json.loads(SAMPLE.read_text("utf-8")).items() if key in ("secondary", "families")
}  # fmt: skip


def analyses(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the analyses of the results."""
    return list(reporting_event(RUN, results, PROTOCOL)["analyses"])


def told(found: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Return the last group, the operation and the value of each result."""
    return {
        (
            str(one["resultGroups"][-1].get("groupValue", one["resultGroups"][-1].get("groupId"))),
            one["operationId"].rpartition(".")[2],
            one["rawValue"],
        )
        for one in found["results"]
    }


def test_endpoints_are_secondary_outcome_measures() -> None:
    """Estimates, second implementation and counts of each arm stand under the endpoint's name, by its estimator."""
    made = [one for one in analyses({**RESULTS, **PARTS}) if one["name"].startswith("Secondary endpoints")]
    assert {one["purpose"]["controlledTerm"] for one in made} == {"SECONDARY OUTCOME MEASURE"}
    assert {one["dataset"] for one in made} == {"extract.parquet"}
    values = set().union(*(told(one) for one in made))
    pressure, _ = PARTS["secondary"]
    assert ("pressure", "ESTIMATE", repr(pressure["estimate"])) in values
    assert ("pressure", "N", "1566") in values
    second = repr(pressure["verification"]["estimate"])
    assert ("pressure", "SECOND_IMPLEMENTATION_ESTIMATE", second) in values
    assert ("GF.ARM.control", "MISSING", "13") in values
    assert not any(operation == "FAMILY" for _, operation, _ in values)


def test_a_family_tells_each_hypothesis() -> None:
    """Level and looks stand under the family, p-values and decision under each hypothesis, by the family's method."""
    (made,) = (
        one for one in analyses({**RESULTS, **PARTS}) if one["name"].startswith("Families of hypotheses")
    )
    values = told(made)
    assert ("efficacy", "ALPHA", "0.05") in values
    assert ("pressure", "ADJUSTED_P", "0.23884") in values
    assert ("pressure", "REJECTED", "false") in values
    assert not any(operation in ("MONTH", "WEIGHTS") for _, operation, _ in values)
    assert "GRAPH" in made["methodId"]


def test_results_without_them_have_no_such_analysis() -> None:
    """Neither empty lists nor results of before make one."""
    for without in (RESULTS, {**RESULTS, "secondary": [], "families": []}):
        names = {one["name"] for one in analyses(without)}
        assert not {name for name in names if name.startswith(("Secondary", "Families"))}
