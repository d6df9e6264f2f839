"""The results as a reporting event of the CDISC Analysis Results Standard: whole, and consistent in itself."""

import json
from typing import Any

import pytest

from medicore.records.results.analysis_results import raw_value, reporting_event

RUN = "MED-2024-0147/2025-03/1"
PROTOCOL = {"outcome": {"column": "fev1"}, "treatment": {"column": "drug"}}


def alternative(name: str, estimator: str, variance: str, estimate: float | None) -> dict[str, Any]:
    """Return one analysis beside the primary one."""
    return {
        "name": name, "estimand": "ATE", "estimator": estimator, "variance": variance, "estimate": estimate, "note": "",
    }  # fmt: skip


RESULTS: dict[str, Any] = {
    "study": {"id": "MED-2024-0147", "title": "Effect of a drug", "protocol_version": "1.0"},
    "cohort": {
        "assessed": 100,
        "analysed": 90,
        "criteria": [{"name": "adult", "excluded": 10, "text": "18 or older"}],
        "arms": {"treated": {"n": 41, "label": "1"}, "control": {"n": 49, "label": "0"}},
        "outcomes": {
            "due": 91,
            "missing_share": {"treated": 0.28125, "control": 0.265625, "overall": 0.2734375},
            "arms": {"treated": {"missing": 13, "observed": 29}, "control": {"missing": 14, "observed": 36}},
            "follow_up_days": {"arms": {"treated": {"n": 37, "median": 83.5}, "overall": {"n": 74, "median": 84.25}}},
            "treatment_days": {"arms": {"treated": {"ended": 5, "median": 82.5}, "overall": {"ended": 9, "median": 83.25}}},
            "imputation": {
                "method": "multiple imputation", "imputations": 25, "seed": 78,
                "arms": {"treated": {"mean_imputed": 6.375}, "control": {"mean_imputed": 3.4375}},
            },
        },
    },
    "baseline": [
        {"label": "Age", "level": None, **{arm: {"mean": 50.5, "sd": 9.25} for arm in ("treated", "control", "overall")}},
        {"label": "Sex", "level": "female", **{arm: {"n": 7, "percent": 17.5} for arm in ("treated", "control", "overall")}},
    ],
    "imputation": {
        "method": "multiple",
        "seed": 77,
        "covariates": [
            {"label": "Age", "missing": {"treated": 4, "control": 6}, "filled_with": "x", "mean_imputed": 51.375}
        ],
    },
    "balance": {
        "threshold": 0.1,
        "sample": "weighted",
        "terms": [{"term": "age", "smd_unweighted": 0.31, "smd_weighted": -0.015}],
        "worst": {"unweighted": {"term": "age", "smd": 0.3125}},
    },
    "propensity": {
        "iterations": 6,
        "trimming": {"removed": 3},
        "effective_sample_size": {"treated": 35.5, "control": 44.5},
        "largest_weight_share": {"treated": 0.0625, "control": 0.046875},
        "score_range": {"treated": [0.21875, 0.90625], "control": [0.09375, 0.84375]},
        "coefficients": [{"term": "age", "estimate": 0.515625, "standard_error": 0.140625}],
    },
    "primary": {
        "estimand": "ATE", "estimator": "AIPW", "estimate": 2.375, "ci_low": 1.1875, "p_value": 1.5e-5, "n": 87,
        "mean_treated": 5.625, "mean_control": 3.25,
        "standard_errors": {"sandwich": 0.609375},
        "absolute_difference": {"estimate": 2.4375},
        "observation": {
            "converged": True, "arms": {"treated": {"observed": 28}, "control": {"observed": 34}},
            "worst": {"treated": {"term": "age", "smd": 0.046875}, "control": {"term": "age", "smd": -0.078125}},
        },
        "imputation": {"imputations": 20, "within": 0.328125, "degrees_of_freedom": None},
        "bootstrap": {"replicates": 999, "failed": {"separation": 2}, "interval": "percentile"},
        "verification": {"relative_difference": 1e-12, "library": "statsmodels"},
    },
    "change": None,
    "monitoring": {
        "method": "alpha spending", "number": 2, "information": 4.125, "crossed": True, "ci_low": 0.8125, "ci_high": "inf",
        "design": {"function": "pocock", "planned": {"treated": 61, "sd": 2.0625}},
        "looks": [
            {"number": 1, "run": "MED-2024-0147/2025-02/1", "z": 1.3125, "boundary": "inf", "spent": 0.0, "kept": False},
            {"number": 2, "run": "MED-2024-0147/2025-03/1", "z": 2.6875, "boundary": 2.4375, "spent": 0.03125, "kept": False},
        ],
        "stage_wise": {"estimate": 2.21875}, "harm": {"boundary": -1.71875, "crossed": False}, "futility": None,
        "verification": {
            "boundary": 2.453125, "spent": 0.0234375, "difference": 1.5e-8, "tolerance": 1.25e-5, "library": "SciPy",
            "harm": {"boundary": -1.734375, "spent": 0.0078125}, "futility": None,
            "looks": [{"number": 1, "crossing": 0.0, "boundary": "inf"}, {"number": 2, "crossing": 0.017578125}],
        },
    },
    "evalue": {"point": 2.03125, "note": ""},
    "tipping": {
        "concluded": True, "delta": None,
        "surface": {"cells": [{"treated": -1.75, "control": 1.125, "estimate": 0.578125, "p_value": 0.671875}]},
    },
    "sensitivity": {
        "sensitivity": [
            alternative("Weighting", "IPW (Hájek)", "sandwich", 2.28125),
            alternative("Trimmed", "AIPW", "", 2.34375),
        ],
        "supplementary": [alternative("Matching", "1:1 matching", "paired", None)],
        "flexible": [{"learner": "boosting", "data_set": 1, "split": 2, "estimate": 2.40625, "reason": ""}],
    },
}  # fmt: skip


@pytest.fixture
def event() -> dict[str, Any]:
    """The reporting event of the results, as it is read from JSON."""
    return dict(json.loads(json.dumps(reporting_event(RUN, RESULTS, PROTOCOL))))


def numbers(value: object) -> list[Any]:
    """Return every number at any depth."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [number for each in inner for number in numbers(each)]
    return [value] if isinstance(value, int | float) else []


def test_every_number_of_the_results_is_there(event: dict[str, Any]) -> None:
    """No number of the results is lost, and none is rounded."""
    written = {result["rawValue"] for analysis in event["analyses"] for result in analysis["results"]}
    assert {raw_value(number) for number in numbers(RESULTS)} <= written


def test_what_was_not_done_is_no_analysis(event: dict[str, Any]) -> None:
    """Without a plan of imputation, and without an earlier month, there is no analysis of them."""
    named = {analysis["name"] for analysis in event["analyses"]}
    assert {"Missing baseline covariates", "Primary effect, imputation"} <= named
    primary = {key: value for key, value in RESULTS["primary"].items() if key != "imputation"}
    plain = reporting_event(RUN, {**RESULTS, "imputation": None, "primary": primary}, PROTOCOL)
    left = {analysis["name"] for analysis in plain["analyses"]}
    assert named - left == {"Missing baseline covariates", "Primary effect, imputation"}


def test_what_nothing_bounds_is_infinite(event: dict[str, Any]) -> None:
    """A limit or boundary that the results hold as the text inf is the number, and each look is a group."""
    (looks,) = (one for one in event["analyses"] if one["name"] == "Looks at the study")
    assert [one["rawValue"] for one in looks["results"]].count("inf") == 2
    groups = {group["groupValue"] for one in looks["results"] for group in one["resultGroups"]}
    assert groups == {"1: MED-2024-0147/2025-02/1", "2: MED-2024-0147/2025-03/1"}
    (second,) = (
        one for one in event["analyses"] if one["name"] == "Looks at the study, second implementation"
    )
    assert {group["groupValue"] for one in second["results"] for group in one["resultGroups"]} == {"1", "2"}
    assert [one["rawValue"] for one in second["results"]].count("inf") == 1
    old = {key: value for key, value in RESULTS.items() if key != "monitoring"}
    told = {one["name"] for one in reporting_event(RUN, old, PROTOCOL)["analyses"]}
    assert not {"Looks at the study", "Looks at the study, second implementation"} & told


def test_counted_harms_are_an_analysis_of_the_safety_set() -> None:
    """Design, counts of each arm and every look of a harm are results; its set and its purpose are defined."""
    look = {"number": 2, "run": RUN, "treated": 5, "control": 1, "log_likelihood_ratio": 1.5, "signal": False}
    harm = {
        "name": "fall", "design": {"alpha": 0.05, "exposure": None, "rate": 0.1}, "untested": None, "critical_value": 3.4,
        "arms": {"treated": {"subjects": 40, "events": 5}, "control": {"subjects": 30, "events": 1}}, "looks": [look],
        "verification": {"library": "SciPy", "critical_value": 3.25, "difference": "inf"},
    }  # fmt: skip
    made = reporting_event(RUN, {**RESULTS, "harms": [harm]}, PROTOCOL)
    (found,) = (one for one in made["analyses"] if one["name"] == "Counted harms")
    assert (found["analysisSetId"], found["dataset"]) == ("AS.SAFETY", "extract.parquet")
    assert found["purpose"]["controlledTerm"] == "SURVEILLANCE OF HARM"
    assert "variable" not in found
    values = [(one["operationId"].rpartition(".")[2], one["rawValue"]) for one in found["results"]]
    for expected in (
        ("CRITICAL_VALUE", "3.4"),
        ("RATE", "0.1"),
        ("SUBJECTS", "30"),
        ("LOG_LIKELIHOOD_RATIO", "1.5"),
        ("SECOND_IMPLEMENTATION_CRITICAL_VALUE", "3.25"),
        ("SECOND_IMPLEMENTATION_DIFFERENCE", "inf"),
    ):
        assert expected in values
    groups = {
        tuple(group.get("groupValue", group.get("groupId")) for group in one["resultGroups"])
        for one in found["results"]
    }
    assert groups == {
        ("fall",),
        ("fall", "GF.ARM.treated"),
        ("fall", "GF.ARM.control"),
        ("fall", f"2: {RUN}"),
    }
    assert made["analysisSets"][2]["description"].startswith("70 subjects of the compared arms")
    once = {**harm, "verification": None}
    earlier = reporting_event(RUN, {**RESULTS, "harms": [once]}, PROTOCOL)
    (told,) = (one for one in earlier["analyses"] if one["name"] == "Counted harms")
    assert not any("SECOND_IMPLEMENTATION" in one["operationId"] for one in told["results"])
    for without in (RESULTS, {**RESULTS, "harms": []}):
        plain = reporting_event(RUN, without, PROTOCOL)
        assert "Counted harms" not in {one["name"] for one in plain["analyses"]}
        assert [one["id"] for one in plain["analysisSets"]] == ["AS.ASSESSED", "AS.ANALYSED"]


def test_each_split_of_flexible_models_is_a_group(event: dict[str, Any]) -> None:
    """A split is named by learner, data set and number; results without flexible models have no such analysis."""
    (splits,) = (one for one in event["analyses"] if one["name"] == "Flexible models, splits")
    groups = {group["groupValue"] for one in splits["results"] for group in one["resultGroups"]}
    assert groups == {"boosting, data set 1, split 2"}
    sensitivity = {key: value for key, value in RESULTS["sensitivity"].items() if key != "flexible"}
    plain = reporting_event(RUN, {**RESULTS, "sensitivity": sensitivity}, PROTOCOL)
    assert "Flexible models, splits" not in {one["name"] for one in plain["analyses"]}


def test_results_of_before_have_neither_draws_nor_shifts() -> None:
    """Draws of outcomes and shifts of both arms are analyses of their own, where a record holds them."""
    kinds = {
        "Missing outcomes, imputation",
        "Missing outcomes, shifts of both arms",
        "Primary effect, observation",
    }
    primary = {**RESULTS["primary"], "observation": None}
    named = {one["name"] for one in reporting_event(RUN, RESULTS, PROTOCOL)["analyses"]}
    assert kinds <= named
    for tipping in (None, {"delta": 1.5}, {"delta": 1.5, "surface": None}):
        for outcomes in ({}, {"outcomes": {**RESULTS["cohort"]["outcomes"], "imputation": None}}):
            cohort = {key: value for key, value in RESULTS["cohort"].items() if key != "outcomes"} | outcomes
            plain = reporting_event(
                RUN, {**RESULTS, "cohort": cohort, "tipping": tipping, "primary": primary}, PROTOCOL
            )
            assert not kinds & {one["name"] for one in plain["analyses"]}


def test_value_is_what_json_reads_again() -> None:
    """A raw value gives the same number again; truth is a word, and nothing is the empty text."""
    assert [raw_value(each) for each in (0.1, 87, True, None, 1.5e-5)] == ["0.1", "87", "true", "", "1.5e-05"]


def test_identifiers_are_unique_ascii_and_lead_somewhere(event: dict[str, Any]) -> None:
    """Methods, operations, sets, groupings, groups and documents that are referred to are defined, each once."""
    methods = {method["id"]: {each["id"] for each in method["operations"]} for method in event["methods"]}
    groupings = {each["id"]: each for each in event["analysisGroupings"]}
    sets = {each["id"] for each in event["analysisSets"]}
    documents = {each["id"] for each in event["referenceDocuments"]}
    analyses = [analysis["id"] for analysis in event["analyses"]]
    every = [*methods, *groupings, *sets, *documents, *analyses, *set().union(*methods.values())]
    assert len(set(every)) == len(every)
    assert all(name.isascii() for name in every)
    assert "MTH.IPW_HAJEK_SANDWICH" in methods
    for analysis in event["analyses"]:
        assert analysis["analysisSetId"] in sets
        assert {each["groupingId"] for each in analysis["orderedGroupings"]} <= set(groupings)
        assert {each["referenceDocumentId"] for each in analysis["documentRefs"]} <= documents
        for result in analysis["results"]:
            assert result["operationId"] in methods[analysis["methodId"]]
            for group in result["resultGroups"]:
                known = [each["id"] for each in groupings[group["groupingId"]].get("groups", ())]
                assert ("groupId" in group) == bool(known)
                assert group.get("groupId") in (known or [None])


def test_every_analysis_has_what_the_standard_requires(event: dict[str, Any]) -> None:
    """Each analysis has name, method, reason and purpose; a purpose of ours is defined as a sponsor's term."""
    terms = {term["id"] for extension in event["terminologyExtensions"] for term in extension["sponsorTerms"]}
    purposes = {}
    for analysis in event["analyses"]:
        assert analysis["name"]
        assert analysis["reason"] == {"controlledTerm": "SPECIFIED IN SAP"}
        purposes[analysis["name"]] = analysis["purpose"]["controlledTerm"]
        assert analysis["purpose"].get("sponsorTermId", next(iter(terms))) in terms
    assert purposes["Primary effect"] == "PRIMARY OUTCOME MEASURE"
    assert purposes["Sensitivity analyses: AIPW"] == "SENSITIVITY ANALYSIS"
    assert "Change since last month" not in purposes


def test_outcome_is_named_where_it_was_analysed(event: dict[str, Any]) -> None:
    """An analysis of the outcome names the outcome's column and the data set; one of the baseline does not."""
    by_name = {analysis["name"]: analysis for analysis in event["analyses"]}
    assert by_name["Primary effect"]["variable"] == "fev1"
    assert by_name["Primary effect"]["dataset"] == "analysis.parquet"
    assert "variable" not in by_name["Baseline characteristics"]


def test_arms_are_the_protocols(event: dict[str, Any]) -> None:
    """The arms are groups of the treatment's column, with the value that makes a subject belong to them."""
    arm = next(each for each in event["analysisGroupings"] if each["id"] == "GF.ARM")
    assert arm["groupingVariable"] == "drug"
    assert [(group["name"], group["condition"]["value"]) for group in arm["groups"]] == [
        ("treated", ["1"]),
        ("control", ["0"]),
    ]


def test_report_is_the_output(event: dict[str, Any]) -> None:
    """The one output is the report's file, with a display per table; the contents list every analysis below it."""
    (output,) = event["outputs"]
    assert output["fileSpecifications"][0]["location"] == "record/report.pdf"
    titles = [each["display"]["name"] for each in output["displays"]]
    assert [each["order"] for each in output["displays"]] == list(range(1, len(titles) + 1))
    assert "Sensitivity analyses" in titles
    (item,) = event["mainListOfContents"]["contentsList"]["listItems"]
    assert item["outputId"] == output["id"]
    listed = [each["analysisId"] for each in item["sublist"]["listItems"]]
    assert listed == [analysis["id"] for analysis in event["analyses"]]
