"""Negative controls and the calibrated effect in the CDISC Analysis Results Standard."""

from medicore.records.results.analysis_results import reporting_event
from tests.records.results.test_analysis_results import PROTOCOL, RESULTS, RUN


def test_negative_controls_and_the_calibrated_effect_are_analyses() -> None:
    """Each control is a group with its numbers, the fitted error belongs to all; the calibrated effect analyses the outcome."""
    section = {
        "controls": [{"name": "sprain", "label": "Sprain", "estimate": 0.125, "standard_error": 0.0625}],
        "estimated": 11, "too_few": None, "null": {"mean": 0.25, "deviation": 0.5}, "systematic_error": {"value": 0.375},
        "detectable": None,
    }  # fmt: skip
    made = reporting_event(
        RUN, {**RESULTS, "negative_controls": section, "calibration": {"estimate": 1.75}}, PROTOCOL
    )
    by_name = {one["name"]: one for one in made["analyses"]}
    found, calibrated = by_name["Negative controls"], by_name["Primary effect, calibrated"]
    values = {
        (
            tuple(group.get("groupValue") for group in one["resultGroups"]),
            one["operationId"].rpartition(".")[2],
            one["rawValue"],
        )
        for one in found["results"]
    }
    assert {
        (("sprain",), "ESTIMATE", "0.125"),
        ((), "NULL_MEAN", "0.25"),
        ((), "SYSTEMATIC_ERROR_VALUE", "0.375"),
        ((), "ESTIMATED", "11"),
    } <= values
    assert "variable" not in found
    assert calibrated["variable"] == "fev1"
    assert [one["rawValue"] for one in calibrated["results"]] == ["1.75"]
    for without in (RESULTS, {**RESULTS, "negative_controls": None, "calibration": None}):
        plain = {one["name"] for one in reporting_event(RUN, without, PROTOCOL)["analyses"]}
        assert not {"Negative controls", "Primary effect, calibrated"} & plain
