"""Outcomes by state, intercurrent events and the weights for being observed, as the report counts and words them."""

from typing import Any

from presentation.design import flow
from presentation.sections import cohort, estimand, outcomes, synopsis

from tests.quarto_templates.says import says


def event(**keys: Any) -> dict[str, Any]:
    """Return an intercurrent event as the cohort's document counts it."""
    arm = {"subjects": 41, "outcomes_set": 17, "days": None}
    told = {"event": "Rescue", "strategy": "hypothetical", "counted": True}
    return {**told, "treated": arm, "control": {**arm, "subjects": 52}, **keys}


def with_late(inputs: Any, **changed: Any) -> Any:
    """Return the report in which ten subjects of an arm are not yet due."""
    found = inputs.results["cohort"]["outcomes"]
    for arm in found["arms"].values():
        arm["not_yet_due"] = 10
    found |= {"told_by_dates": True, "locked_on": "2025-04-01", **changed}
    return inputs.describe().report()


def test_states_are_counted_by_arm(inputs: Any) -> None:
    """Not yet due, due, observed and missing stand by arm and overall; the day of the lock and the method are said."""
    made = outcomes.states(with_late(inputs))
    assert says(made, "Table 14.1.1.1", "1,649", "20 (1.2 %)", "63 (3.9 %)", "25 (5.8 %)", "2025-04-01")
    assert says(made, "the window of the visit was not over", "divided by π", "Seaman & White 2013")
    assert says(outcomes.in_words(inputs.report()), "1,566 observed, 63 missing, 20 not yet due")


def test_without_dates_nobody_is_said_to_be_late(inputs: Any) -> None:
    """A plan without dates says that nothing can be told to be not yet due."""
    assert says(outcomes.states(inputs.report()), "The protocol names no dates")


def test_complete_cases_are_said(inputs: Any) -> None:
    """Under complete cases the method is named, and those without an outcome have a row of the disposition."""
    report = with_late(inputs, method="complete cases")
    assert says(outcomes.states(report), "the protocol analyses complete cases")
    assert says(
        cohort.disposition(report), "Outcome missing, left out (complete cases)", "25 (5.8 %)", "38 (3.2 %)"
    )
    assert says(flow.subjects(report), "Outcome missing, left out (complete cases)")


def test_not_yet_due_is_not_excluded(inputs: Any) -> None:
    """Not yet due and missing are counted in each arm and never before the arms, and the arms have their observed."""
    report = with_late(inputs)
    made = flow.subjects(report)
    assert says(
        made,
        "Outcome not yet due",
        "n = 10",
        "Outcome observed",
        "n = 403",
        "Lost: outcome missing",
        "n = 25",
    )
    assert says(
        cohort.disposition(report), "Outcome not yet due", "10 (2.3 %)", "10 (0.8 %)", "analysed by weights"
    )
    assert not says(cohort.disposition(report), "complete cases")
    made = synopsis.synopsis(report)
    assert says(
        made, "20 not yet due", "25 without an outcome that was due", "38 without an outcome that was due"
    )


def test_events_are_counted_with_what_their_strategy_set(inputs: Any) -> None:
    """Each event has its subjects and the outcomes set by arm; one that is not collected has a dash."""
    none = {"subjects": None, "outcomes_set": None, "days": None}
    inputs.results["cohort"]["intercurrent_events"] = [
        event(), event(event="Death", counted=False, treated=none, control=none),
    ]  # fmt: skip
    made = outcomes.events(inputs.report())
    assert says(made, "Table 8.2", "Rescue", "hypothetical", "41", "52", "17", "Death", "not collected")
    assert not says(made, "Days on treatment")


def test_days_on_treatment_are_summarised(inputs: Any) -> None:
    """While on treatment, the median and the quartiles of the days are said by arm, a dash where nobody had the event."""
    days = {"lower_quartile": 20.0, "median": 31.0, "upper_quartile": 55.0}
    arm = {"subjects": 3, "outcomes_set": 3, "days": days}
    nobody = {"subjects": 0, "outcomes_set": 0, "days": dict.fromkeys(days)}
    inputs.results["cohort"]["intercurrent_events"] = [event(treated=arm, control=nobody)]
    made = outcomes.events(inputs.report())
    assert says(made, "Days on treatment until Rescue", "treated 31 (20 to 55); control –")


def test_each_strategy_says_what_it_computes(inputs: Any) -> None:
    """The estimand's table says of each strategy what becomes of the outcome, and where the event is read."""
    rule = {"column": "rescue", "operator": "present"}
    inputs.protocol["estimand"]["intercurrent_events"] = [
        {"event": "A", "strategy": "treatment policy", "detect": rule},
        {"event": "B", "strategy": "hypothetical", "detect": rule},
        {"event": "C", "strategy": "composite variable", "detect": rule, "composite": -3.0},
        {"event": "D", "strategy": "while on treatment", "detect": rule, "column_before": "week_4"},
        {"event": "E", "strategy": "treatment policy", "detect": "none", "reason": "Not collected."},
    ]
    made = estimand.attributes(inputs.report())
    assert says(
        made,
        "the outcome is used whatever happened; the event is read from rescue",
        "measured from the event on counts as missing",
        "the outcome is set to -3.0 kg",
        "the outcome is the value of week_4, the last before the event",
        "not counted: Not collected.",
    )


def test_weights_for_being_observed_are_described(inputs: Any) -> None:
    """Range of the probability, effective size, largest weight and farthest term stand by arm; nothing if all are observed."""
    found = inputs.results["primary"]["observation"]["arms"]["treated"]
    found |= {"lowest_chance": 0.81, "highest_chance": 0.99, "effective_sample_size": 321.4}
    made = outcomes.observation(inputs.report())
    assert says(made, "403 observed, probability of being observed 0.81 to 0.99", "effective sample size 321")
    inputs.results["primary"]["observation"] = None
    assert outcomes.observation(inputs.report()) == ""
