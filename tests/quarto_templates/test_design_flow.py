"""Tests of the flow of subjects: by arm from assignment to analysis, in the words of the design."""

from typing import Any

from presentation.design import flow

from tests.quarto_templates.says import says
from tests.quarto_templates.test_design_methods import COUNTED


def test_an_observational_flow_is_that_of_the_target_trial(inputs: Any) -> None:
    """Subjects are eligible at time zero and assigned by the data; nothing is said of allocation."""
    made = flow.subjects(inputs.report())
    assert says(
        made,
        "target trial, TARGET 2025",
        "Eligible at time zero",
        "Treated arm, assigned by the data",
        "n = 1,201",
    )
    assert not says(made, "allocated")


def test_a_randomised_flow_is_that_of_consort(inputs: Any) -> None:
    """Subjects are randomised and allocated, and what the data do not tell of receipt is said."""
    inputs.results["study"]["design"] = "randomised"
    made = flow.subjects(inputs.report())
    assert says(
        made, "CONSORT 2025", "Randomised", "Control arm, allocated", "not delivered as data", "n = 428"
    )
    assert not says(made, "time zero")


def test_counted_events_stand_in_the_arm_with_their_reference(inputs: Any) -> None:
    """Intercurrent events that the data tell are counted in the follow-up of each arm; the others are not there."""
    inputs.results["cohort"]["intercurrent_events"][1] = COUNTED
    made = flow.subjects(inputs.report())
    assert says(made, "Rescue medication", "n = 31", "n = 47", "Rescue medication: 47")
    assert not says(made, "Relapse")
    assert str(inputs.results["references"].index("cohort.intercurrent_events.1") + 1) in made


def test_follow_up_of_a_time_to_event_ends_in_the_flow(inputs: Any) -> None:
    """Events and censored subjects of each arm stand in the box of the analysed."""
    inputs.protocol["outcome"]["type"] = "time to event"
    inputs.results["cohort"]["outcomes"]["follow_up"] = {
        "arms": {"treated": {"events": 71, "censored": 357}, "control": {"events": 143, "censored": 1058}}
    }
    made = flow.subjects(inputs.report())
    assert says(made, "Event", "n = 71", "Censored", "n = 1,058")
