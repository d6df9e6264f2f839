"""Tests of the time of follow-up: days by arm where the data have them, and else a sentence."""

from typing import Any

from presentation.design import follow_up

from medicore.records.results.printed import places_of
from tests.quarto_templates.says import says

ARM = {
    "n": 402, "without": 3, "median": 183.0, "lower_quartile": 179.5, "upper_quartile": 190.0, "minimum": 168.0, "maximum": 1210.0,
}  # fmt: skip
EMPTY = {name: 0 if name == "n" else 405 if name == "without" else None for name in ARM}


def test_days_are_printed_by_arm_and_found_again(inputs: Any) -> None:
    """Counts, median with quartiles, and range stand by arm with their references; an arm without dates has dashes."""
    arms = {"treated": ARM, "control": EMPTY, "overall": {**ARM, "n": 1402}}
    inputs.results["cohort"]["outcomes"]["follow_up_days"] = {"from": "enrolled", "to": "visit", "arms": arms}
    report = inputs.report()
    made = follow_up.days(report)
    assert says(made, "Time zero: enrolled; end: visit", "183 (180 to 190)", "168 to 1,210", "1,402", "–")
    assert says(made, "Duration of treatment: the protocol names no date")
    for text in ("183", "190", "1,210", "402"):
        assert any(
            place.path.startswith("cohort.outcomes.follow_up_days.arms")
            for place in places_of(report.results, text)
        )


def test_days_that_nobody_collected_are_said_to_be_missing(inputs: Any) -> None:
    """Without dates the report says so; results of before the days were counted say nothing."""
    assert says(follow_up.days(inputs.report()), "Time of follow-up: not collected")
    del inputs.results["cohort"]["outcomes"]["follow_up_days"]
    assert follow_up.days(inputs.report()) == ""


def test_days_on_treatment_are_printed_by_arm(inputs: Any) -> None:
    """Where the protocol names the end of treatment its days stand by arm, with those whose treatment ended, and are found again."""
    arms = {group: {**ARM, "ended": 31, "median": 84.0} for group in ("treated", "control", "overall")}
    days = {"from": "enrolled", "to": "stopped", "visit": "visit", "arms": arms}
    inputs.results["cohort"]["outcomes"]["treatment_days"] = days
    report = inputs.report()
    made = follow_up.days(report)
    assert says(made, "Table 14.1.1.3", "Treatment ended before the visit", "31", "84 (180 to 190)")
    assert says(made, "end of treatment: stopped, or the visit of the outcome, visit, if it comes first")
    assert not says(made, "the protocol names no date")
    assert any(
        place.path.startswith("cohort.outcomes.treatment_days.arms")
        for place in places_of(report.results, "31")
    )
    days["visit"] = None
    assert says(follow_up.days(inputs.report()), "no date of the visit is named")
