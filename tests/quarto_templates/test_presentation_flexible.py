"""Flexible nuisance models, as the report shows their splits and words their method."""

from typing import Any

from presentation.sections import flexible

from tests.quarto_templates.says import says

SPLIT = {
    "learner": "penalised", "data_set": 1, "split": 1, "seed": 77, "estimate": 3.4123, "standard_error": 0.4871,
    "lowest_score": 0.0213, "highest_score": 0.8765, "lowest_observed": 0.6543, "truncated": 3, "reason": "",
}  # fmt: skip
NONE = {
    **SPLIT, "learner": "boosting", "estimate": None, "standard_error": None, "lowest_score": None,
    "highest_score": None, "lowest_observed": None, "truncated": 0,
    "reason": "fold 2: 96 subject(s) left to fit boosted trees",
}  # fmt: skip
PLAN = {"learners": ["penalised", "boosting"], "folds": 4, "repeats": 3, "truncation": 0.02}


def test_every_split_is_a_row_with_its_reach(inputs: Any) -> None:
    """A split shows estimate, standard error, scores and truncation, or why it has no estimate, and cites its place."""
    inputs.results["sensitivity"]["flexible"] = [SPLIT, NONE]
    report = inputs.report()
    made = flexible.splits(report)
    for words in (
        "14.2.3.2", "Penalised regression", "split 1", "3.412", "0.487", "0.0213 to 0.8765", "0.6543",
        "Gradient boosting", "split 1 · fold 2: 96 subject(s) left to fit boosted trees", "– to –",
    ):  # fmt: skip
        assert says(made, words), words
    assert not says(made, "data set")
    for index in range(2):
        number = inputs.results["references"].index(f"sensitivity.flexible.{index}") + 1
        assert f"cited({number})" in made


def test_splits_of_several_data_sets_name_theirs(inputs: Any) -> None:
    """Where covariates or outcomes are imputed, a split names its data set."""
    inputs.results["sensitivity"]["flexible"] = [SPLIT, {**SPLIT, "data_set": 2}]
    made = flexible.splits(inputs.report())
    assert says(made, "data set 1, split 1")
    assert says(made, "data set 2, split 1")


def test_the_method_names_what_was_planned(inputs: Any) -> None:
    """Folds, repeats, learners and truncation are those of the protocol."""
    inputs.protocol["sensitivity"]["flexible"] = PLAN
    made = flexible.method(inputs.report())
    for words in (
        "into 4 folds", "repeated 3 time(s)", "ridge regression", "regression trees", "truncated to 0.02 to 0.98",
        "Chernozhukov et al. 2018",
    ):  # fmt: skip
        assert says(made, words), words
    inputs.protocol["sensitivity"]["flexible"] = {**PLAN, "learners": ["boosting"], "truncation": None}
    made = flexible.method(inputs.report())
    assert says(made, "No score is truncated.")
    assert not says(made, "ridge regression")


def test_a_study_without_flexible_models_prints_neither(inputs: Any) -> None:
    """Records of before, and studies that plan none, have no table and no paragraph."""
    for plan in ({}, {"flexible": None}):
        inputs.protocol["sensitivity"] = plan
        assert flexible.method(inputs.report()) == ""
    assert flexible.splits(inputs.report()) == ""
