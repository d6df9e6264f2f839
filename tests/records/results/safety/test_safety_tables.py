"""The results on adverse events are tabled and traced by what computes them."""

import importlib
from typing import Any

import pytest

from medicore.records.results.analysis_results import reporting_event
from medicore.records.results.origin import Origin
from medicore.records.results.references import references_of
from medicore.records.results.result_tables import result_tables
from medicore.records.results.safety.safety_tables import SAFETY_TABLES
from medicore.records.results.safety.trace_safety import SAFETY_ORIGINS
from medicore.records.results.trace import origin_of
from tests.records.results.test_analysis_results import PROTOCOL, RUN
from tests.records.results.test_analysis_results import RESULTS as COMMON


def row(name: str, treated: int, control: int, *, difference: bool = True) -> dict[str, Any]:
    """Return a row of the safety part."""
    arms = {
        arm: {"subjects": count, "share": count / 10, "events": count + 1, "event_rate": None}
        for arm, count in (("treated", treated), ("control", control))
    }
    found = {"estimate": (treated - control) / 10, "ci_low": -0.5, "ci_high": 0.5}
    return {"name": name, "arms": arms, "risk_difference": found if difference else None}


RESULTS: dict[str, Any] = {
    "safety": {
        "table": "ae.csv",
        "until": "2025-03-31",
        "arms": {arm: {"subjects": 10, "without": 1, "years": 4.5} for arm in ("treated", "control")},
        "events": {"selected": 20, "counted": 15, "outside": 4, "elsewhere": 1},
        "summary": [row("Any adverse event", 5, 3)],
        "classes": [{**row("Skin", 4, 2), "terms": [row("Rash", 3, 2), row("Itch", 1, 0, difference=False)]}],
    }
}


def test_rows_hold_every_number_by_arm_class_and_term() -> None:
    """Counts and rates stand by arm, differences by kind of event, and no difference where there is none."""
    overview, by_term = (table.rows(RESULTS) for table in SAFETY_TABLES)
    assert dict(overview[0].values) == RESULTS["safety"]["events"]
    assert [one.groups for one in overview[1:3]] == [{"GF.ARM": "treated"}, {"GF.ARM": "control"}]
    assert dict(overview[-1].values) == {
        "risk difference, estimate": 0.2, "risk difference, ci_low": -0.5, "risk difference, ci_high": 0.5,
    }  # fmt: skip
    assert [one.groups.get("GF.PREFERRED_TERM") for one in by_term] == [
        *[None] * 3,
        *["Rash"] * 3,
        *["Itch"] * 2,
    ]
    assert {one.groups["GF.SYSTEM_ORGAN_CLASS"] for one in by_term} == {"Skin"}


def test_results_without_the_part_have_no_rows() -> None:
    """A study without a safety plan, or of an earlier version, has neither rows nor tables nor references of it."""
    assert [table.rows({}) for table in SAFETY_TABLES] == [(), ()]
    assert references_of({}) == ()
    assert result_tables({}) == {}


def test_every_row_is_cited_and_in_a_file() -> None:
    """Each row has a reference, and a line of a table."""
    references = references_of(RESULTS)
    assert "safety.classes.0.terms.1" in references
    tables = result_tables({**RESULTS, "references": list(references)})
    assert tables["14.3.2_by_class_and_term.csv"].count(b"\r\n") == 4
    assert tables["14.3.1_adverse_events.csv"].count(b"\r\n") == 5


def test_the_exposed_are_a_set_of_their_own() -> None:
    """The reporting event says how many were at risk, and the analyses of adverse events are of them alone."""
    event = reporting_event(RUN, {**COMMON, **RESULTS}, PROTOCOL)
    (exposed,) = (one for one in event["analysisSets"] if one["id"] == "AS.EXPOSED")
    assert exposed["description"].startswith("20 subjects")
    of_them = {one["name"] for one in event["analyses"] if one["analysisSetId"] == "AS.EXPOSED"}
    assert of_them == {"Adverse events", "Adverse events by class and term"}
    plain = reporting_event(RUN, COMMON, PROTOCOL)
    assert "AS.EXPOSED" not in {one["id"] for one in plain["analysisSets"]}


@pytest.mark.parametrize("origin", SAFETY_ORIGINS, ids=lambda origin: origin.pattern)
def test_every_origin_is_found_and_names_what_is_there(origin: Origin) -> None:
    """No pattern is hidden by one before it, and its module holds the function."""
    path = origin.pattern.replace(".**", ".x").replace("*", "0")
    assert origin_of(path) == origin
    module, name = origin.function.split(":")
    assert hasattr(importlib.import_module(module), name)
