"""Tests of what the protocol declares as text, of the fitness of the data, and of the emulated target trial."""

from typing import Any

from presentation.design import declared, trial
from presentation.sections import synopsis

from tests.quarto_templates.says import says


def test_registration_and_ethics_are_printed_or_said_to_be_absent(inputs: Any) -> None:
    """What the protocol declares is printed word by word; what it does not declare is named as undeclared."""
    inputs.protocol |= {"registration": "NCT00000000 at a registry", "ethics": None}
    made = declared.governance(inputs.report())
    assert says(made, "NCT00000000 at a registry", "The protocol declares none.")


def test_limitations_stand_in_the_discussion_in_full(inputs: Any) -> None:
    """Each limitation is a paragraph, uncut; without any the section says so."""
    long = "Long " * 150
    inputs.protocol["limitations"] = ["One source.", long.strip()]
    made = declared.limitations(inputs.report())
    assert says(made, "One source.", long.strip())
    inputs.protocol["limitations"] = []
    assert says(declared.limitations(inputs.report()), "names no limitations")


def test_the_discussion_is_that_of_the_protocol(inputs: Any) -> None:
    """Each text of the discussion is a paragraph; without any the section says so."""
    inputs.protocol["discussion"] = ["Quitting is followed by a gain.", "It agrees with the trials."]
    made = declared.discussion(inputs.report())
    assert says(made, "Quitting is followed by a gain.", "It agrees with the trials.")
    del inputs.protocol["discussion"]
    assert says(declared.discussion(inputs.report()), "declares no discussion")


def test_the_published_protocol_has_its_limitations(inputs: Any) -> None:
    """REF-NHEFS declares limitations, ethics and registration, and the synopsis begins with the first."""
    report = inputs.report()
    assert len(report.protocol["limitations"]) >= 3
    assert says(declared.governance(report), "Not registered")
    assert says(synopsis.synopsis(report), "Whether a smoker quits was not assigned at random")


def test_fitness_has_source_relevance_and_reliability(inputs: Any) -> None:
    """The source is counted, the covariates are named, and broken rules of the contract are told with their references."""
    made = declared.fitness(inputs.report())
    assert says(
        made, "1,629 subjects", "Relevance", "Education", "This lock breaks no rule.", "No dates of follow-up"
    )
    assert "cited()" not in made
    inputs.results["check"]["violations"] = [
        {"column": "age", "rule": "range", "expected": "0 to 120", "count": 2}
    ]
    columns = inputs.protocol["contract"]["columns"]
    columns.append({**columns[0], "name": "visit", "type": "date", "timing": "follow-up"})
    made = declared.fitness(inputs.report())
    assert says(made, "range of age", "Dates of follow-up are delivered")
    assert str(inputs.results["references"].index("check.violations.0") + 1) in made


def test_the_target_trial_has_eight_components(inputs: Any) -> None:
    """Specification and emulation stand side by side; what the data do not tell of dates is said."""
    made = trial.emulated(inputs.report())
    named = (
        "Eligibility",
        "Treatment strategies",
        "Assignment",
        "Time zero",
        "Follow-up",
        "Outcome",
        "Causal contrast",
        "Analysis",
    )
    assert says(made, *named)
    assert says(
        made,
        "Cigarette smokers aged 25 to 74",
        "quitting smoking, against continuing to smoke",
        "no date of it",
    )
    inputs.protocol["outcome"]["assessed"] = {
        "anchor": "enrolled",
        "day": 182,
        "window": [-14, 28],
        "visit": "visit",
    }
    inputs.protocol["eligibility"] = [{"name": "Under age"}, {"name": "No consent"}]
    made = trial.emulated(inputs.report())
    assert says(
        made,
        "Excluded, in this order: Under age; No consent.",
        "To day 182 from time zero, window -14 to 28 days",
    )


def test_a_randomised_study_emulates_nothing(inputs: Any) -> None:
    """The table is that of an observational study; a trial says in a sentence that none is emulated."""
    inputs.results["study"]["design"] = "randomised"
    made = trial.emulated(inputs.report())
    assert says(made, "no target trial is emulated")
    assert not says(made, "Table 9.3")
