"""Tests of what the report says by design: methods in words, what the estimand's strategies did, and what is not said."""

from typing import Any

import pytest
from presentation.design import methods_text
from presentation.sections import estimand, overlap, sensitivity

from tests.quarto_templates.says import says
from tests.quarto_templates.test_presentation_randomised import trial

COUNTED = {
    "event": "Rescue medication", "strategy": "hypothetical", "counted": True,
    "treated": {"subjects": 31, "outcomes_set": 12, "days": None},
    "control": {"subjects": 47, "outcomes_set": 18, "days": None},
}  # fmt: skip


def test_an_observational_study_has_a_score_and_two_chances_to_be_right(inputs: Any) -> None:
    """Section 9.2 names the propensity score and the augmented estimator, and how missing outcomes enter."""
    made = methods_text.in_brief(inputs.report())
    assert says(
        made,
        "The propensity score is the probability of treatment",
        "either of them is right",
        "weighted for being",
    )
    inputs.results["cohort"]["outcomes"]["method"] = "complete cases"
    assert says(methods_text.in_brief(inputs.report()), "It analyses complete cases")
    inputs.results["cohort"]["outcomes"]["imputation"] = {"arms": {}}
    assert says(methods_text.in_brief(inputs.report()), "drawn several times")


def test_a_randomised_study_rests_on_its_randomisation(inputs: Any) -> None:
    """The augmented estimator of a randomised study is right by the randomisation, and its score removes chance differences."""
    inputs.results["study"]["design"] = "randomised"
    made = methods_text.in_brief(inputs.report())
    assert says(
        made, "Treatment was assigned at random", "consistent even where the outcome models are wrong"
    )
    assert not says(made, "either of them is right")


@pytest.mark.parametrize(
    ("estimator", "words"), [("ancova", "analysis of covariance"), ("g-computation", "g-computation")]
)
def test_an_adjusted_comparison_needs_no_score(inputs: Any, estimator: str, words: str) -> None:
    """Neither section 9.2 nor 16.1.9 describes ANCOVA and g-computation by the propensity score or by AIPW."""
    trial(inputs).protocol["inference"]["estimator"] = estimator
    report = inputs.report()
    made = methods_text.in_brief(report)
    assert says(made, words, "No propensity score enters it")
    assert not says(made, "AIPW")
    assert says(methods_text.score_fitted(report), "The primary estimator does without it")
    assert says(methods_text.errors(report), "described with its estimator")
    assert not says(methods_text.errors(report), "HC2")


def test_the_standard_error_is_that_of_the_outcome_and_the_target(inputs: Any) -> None:
    """The degrees of freedom follow the target population, and an outcome with its own estimator has the jackknife."""
    assert says(methods_text.errors(inputs.report()), "less the parameters of the outcome models")
    inputs.protocol["estimand"]["target"] = "ATT"
    assert says(methods_text.errors(inputs.report()), "Satterthwaite")
    inputs.protocol["outcome"]["type"] = "count"
    assert says(methods_text.errors(inputs.report()), "jackknife")
    made = methods_text.in_brief(inputs.report())
    assert says(made, "comparison is of rates")
    assert not says(made, "stacked sandwich")


def test_other_estimators_are_described_where_they_are_used(inputs: Any) -> None:
    """What is done about missing outcomes and by trimming is described where something is missing, and where one is planned."""
    assert says(methods_text.others(inputs.report()), "Where outcomes are missing", "Trimming")
    inputs.results["cohort"]["outcomes"]["groups"]["overall"]["missing"]["n"] = 0
    inputs.protocol["sensitivity"]["trimming"] = []
    made = methods_text.others(inputs.report())
    assert not says(made, "Where outcomes are missing")
    assert not says(made, "Trimming")


def test_nothing_is_confounded_by_randomisation(inputs: Any) -> None:
    """In a randomised study there is no E-value, even where one is recorded, and no plot of the scores."""
    inputs.results["evalue"] = {"point": 2.31, "limit": 1.74}
    assert says(sensitivity.evalue(inputs.report()), "2.31")
    inputs.results["study"]["design"] = "randomised"
    assert sensitivity.evalue(inputs.report()) == overlap.overlap_plot(inputs.report()) == ""


def test_the_estimand_says_what_each_strategy_did(inputs: Any) -> None:
    """Each counted intercurrent event has its subjects by arm and the outcomes that its strategy set, with their reference."""
    assert not says(estimand.attributes(inputs.report()), "So far")
    inputs.results["cohort"]["intercurrent_events"][0] = COUNTED
    made = estimand.attributes(inputs.report())
    assert says(
        made, "So far 31 treated and 47 controls had it; it set the outcomes of 12 treated and 18 controls."
    )
    assert f"cited({inputs.results['references'].index('cohort.intercurrent_events.0') + 1})" in made
    quiet = {arm: {"subjects": 2, "outcomes_set": 0, "days": None} for arm in ("treated", "control")}
    inputs.results["cohort"]["intercurrent_events"][0] = COUNTED | quiet
    assert says(estimand.attributes(inputs.report()), "no outcome was changed")
