"""Repeated visits, as the report shows the mixed model and words its method."""

from typing import Any

import pytest
from presentation.design import methods_text
from presentation.sections import effect, front, methods, outcomes, synopsis, visits

from tests.quarto_templates.printed_numbers import unresolved
from tests.quarto_templates.says import says
from tests.quarto_templates.test_presentation_randomised import trial

ROW = {
    "visit": "week_8", "treated": 61, "control": 72, "mean_treated": 1.234, "mean_control": 2.345, "estimate": -1.111,
    "standard_error": 0.456, "degrees_of_freedom": 123.45, "ci_low": -2.0137, "ci_high": -0.2083, "p_value": 0.0163,
}  # fmt: skip
SPREAD = {"visit": "week_8", "sd": 4.1234, "correlations": [1.0, 0.5678]}
FOUND = {
    "likelihood": "restricted", "degrees_of_freedom": "kenward-roger linear", "by_visit": ["age"], "subjects": 145, "arms": 3,
    "log_likelihood": -1234.5, "steps": 5, "rows": [ROW, {**ROW, "visit": "change"}],
    "covariance": [SPREAD, {**SPREAD, "visit": "change", "correlations": [0.5678, 1.0]}],
    "verification": {
        "estimate": -1.11112, "standard_error": 0.45501, "library": "NumPy", "route": "EM", "relative_difference": 2.5e-9,
        "tolerance": 1e-6,
    },
    "note": "",
}  # fmt: skip


def test_every_visit_is_a_row_that_cites_its_place(inputs: Any) -> None:
    """Counts, means, difference, degrees of freedom, interval and p-value of each visit, then the correlations."""
    inputs.results["sensitivity"]["visits"] = FOUND
    made = visits.by_visit(inputs.report())
    for words in (
        "14.2.14", "week_8", "61, 72", "1.234", "2.345", "−1.111", "0.456", "123.5", "−2.014 to −0.208", "0.016",
        "145 subjects of 3 arms", "2.5e-09", "14.2.14.1", "4.123", "0.568",
    ):  # fmt: skip
        assert says(made, words), words
    references = inputs.results["references"]
    for paths in (("visits", "visits.verification"), ("visits.rows.1",), ("visits.covariance.0",)):
        numbers = ", ".join(str(references.index(f"sensitivity.{path}") + 1) for path in paths)
        assert f"cited({numbers})" in made


def test_every_printed_number_is_found(inputs: Any) -> None:
    """Each number of the visits is found by itself and below a path cited beside it."""
    inputs.results["sensitivity"]["visits"] = FOUND
    assert unresolved(inputs.report()) == []


def test_the_mixed_model_as_primary_is_told_as_such(inputs: Any) -> None:
    """Methods, formula, standard errors, means and missing outcomes are the mixed model's, and nothing claims what it does not hold."""
    trial(inputs).protocol["inference"]["estimator"] = "mmrm"
    inputs.results["cohort"]["outcomes"]["method"] = "mixed model"
    report = inputs.report()
    brief = methods_text.in_brief(report)
    assert says(
        brief,
        "mixed model for repeated measures (MMRM)",
        "missing at random given those observed",
        "sandwich over subjects",
    )
    assert not says(brief, "a wrong model leaves")
    assert says(methods.primary_estimator(report), "difference of the arms at the last visit", "A is the arm")
    assert methods.influence_error(report) == ""
    assert says(methods_text.errors(report), "Mancl & DeRouen 2001")
    assert says(methods_text.score_fitted(report), "The primary estimator does without it")
    table = effect.primary_table(report)
    for words in (
        "Mixed model, by the declared method – primary",
        "Sandwich over subjects",
        "at the last visit, at the mean",
    ):
        assert says(table, words), words
    assert says(effect.bootstrap(report), "refitted the mixed model in each")
    assert says(effect.verification(report), "standard error without correction")
    assert outcomes.lost(report) == "Outcome missing, analysed by the visits held"
    assert says(outcomes.states(report), "the mixed model of all visits has every subject")
    assert says(synopsis.synopsis(report), "one mixed model of all visits and arms")
    assert not says(front.abbreviations(report), "MMRM")
    report.protocol["outcome"]["visits"] = {"columns": ["week_8", "change"]}
    assert says(front.abbreviations(report), "MMRM", "mixed model for repeated measures", "REML")


def test_two_arms_are_not_counted(inputs: Any) -> None:
    """The note counts arms where there are more than the two compared."""
    inputs.results["sensitivity"]["visits"] = {**FOUND, "arms": 2}
    made = visits.by_visit(inputs.report())
    assert says(made, "145 subjects with a visit or more")


def test_a_model_that_cannot_be_estimated_says_why(inputs: Any) -> None:
    """In place of the table stands the reason."""
    empty = {
        **FOUND,
        "rows": [],
        "covariance": [],
        "verification": None,
        "note": "not estimable: for a reason",
    }
    inputs.results["sensitivity"]["visits"] = empty
    made = visits.by_visit(inputs.report())
    assert says(made, "Repeated visits: not estimable: for a reason.")
    assert "14.2.14" not in made


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"by_visit": [], "degrees_of_freedom": "kenward-roger linear"}, "the covariates act alike at all"),
        ({"by_visit": ["age"], "degrees_of_freedom": "kenward-roger linear"}, "as SAS does"),
        ({"by_visit": [], "degrees_of_freedom": "kenward-roger"}, "as R's mmrm does by default"),
        ({"by_visit": [], "degrees_of_freedom": "satterthwaite"}, "degrees of freedom Satterthwaite's"),
        (
            {"by_visit": [], "degrees_of_freedom": "satterthwaite", "likelihood": "full"},
            "by maximum likelihood",
        ),
    ],
)
def test_the_method_says_which_degrees_of_freedom(inputs: Any, plan: dict[str, Any], words: str) -> None:
    """Likelihood, degrees of freedom and covariates by visit are those of the protocol."""
    inputs.protocol["outcome"]["visits"] = {
        "columns": ["week_8", "change"],
        "likelihood": "restricted",
        **plan,
    }
    made = visits.method(inputs.report())
    for part in (words, "at 2 visits", "copy increments"):
        assert says(made, part), part


def test_a_study_without_visits_prints_neither(inputs: Any) -> None:
    """No table and no paragraph."""
    assert visits.by_visit(inputs.report()) == ""
    assert visits.method(inputs.report()) == ""
