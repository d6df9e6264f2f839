"""Missing baseline covariates, as the report counts and words them."""

from typing import Any

import pytest
from presentation.sections import cohort, imputation

from medicore.stores.report.pdf_text import text_of, tight
from tests.quarto_templates.says import says

AGE = {
    "column": "age", "label": "Age", "unit": "years", "observed": 1500, "missing": {"treated": 20, "control": 46},
    "missing_share": {"treated": 20 / 428, "control": 46 / 1201},
    "filled_with": None, "level": None, "mean_observed": 43.91, "mean_imputed": 45.02,
}  # fmt: skip
SEX = {
    **AGE,
    "column": "sex",
    "label": "Sex",
    "unit": None,
    "level": "1",
    "mean_observed": 51.3,
    "mean_imputed": 48.8,
}


def multiple(inputs: Any) -> Any:
    """Return the report of a run that imputed twenty times."""
    inputs.results["imputation"] = {
        "method": "multiple", "imputations": 20, "numbers": "matching", "iterations": 10, "seed": 77,
        "indicators": False, "covariates": [AGE, SEX],
    }  # fmt: skip
    inputs.results["primary"]["imputation"] = {
        "imputations": 20, "within": 0.25, "between": 0.04, "relative_increase": 0.168, "missing_information": 0.1468,
        "degrees_of_freedom": 918.4, "monte_carlo_error": 0.0447,
    }  # fmt: skip
    return inputs.report()


def single(inputs: Any, *, indicators: bool = False) -> Any:
    """Return the report of a run that filled each gap once."""
    filled = [{**AGE, "filled_with": 43.91, "mean_imputed": 43.91}, {**SEX, "filled_with": "1"}]
    inputs.results["imputation"] = {
        "method": "single", "imputations": 1, "indicators": indicators, "covariates": filled,
    }  # fmt: skip
    return inputs.report()


def test_without_a_plan_the_report_says_that_nothing_may_be_missing(inputs: Any) -> None:
    """A report without imputation says so in a sentence, and nothing of pooling."""
    report = inputs.report()
    assert says(imputation.missing_covariates(report), "none is allowed by the protocol")
    assert imputation.pooling(report) == ""


def test_a_plan_that_was_not_needed_is_named(inputs: Any) -> None:
    """Where nothing was missing, the sentence names the plan and there is no table."""
    inputs.results["imputation"] = {"method": "multiple", "imputations": 1, "covariates": []}
    made = imputation.missing_covariates(inputs.report())
    assert says(made, "plans multiple imputation, and nothing was missing")
    assert not says(made, "14.1.2.1")


def test_multiple_imputation_shows_gaps_draws_and_what_they_cost(inputs: Any) -> None:
    """The table has gaps by arm and both means; the sentence has variances, lost information and reference."""
    report = multiple(inputs)
    made = imputation.missing_covariates(report)
    assert says(
        made, "drawn 20 times", "10 iterations, seed 77", "predictive mean matching", "missing at random"
    )
    assert says(
        made, "Age, years", "20 (4.7 %)", "46 (3.8 %)", "43.91", "45.02", "Sex: 1", "51.3 %", "48.8 %"
    )
    words = imputation.pooling(report)
    assert says(
        words,
        "variance within 0.25, between 0.04",
        "information 14.7 %; 918 degrees",
        "error of the estimate 0.0447",
    )


@pytest.mark.parametrize("indicators", [False, True])
def test_single_imputation_shows_what_filled_the_gaps(inputs: Any, indicators: bool) -> None:
    """Means fill numbers and levels fill categories; indicators are spoken of where they are terms."""
    made = imputation.missing_covariates(single(inputs, indicators=indicators))
    assert says(made, "most frequent level", "43.91", "the value that fills every gap")
    assert says(made, "Whether a value was missing is a further term") == indicators


def test_missing_rows_stand_under_their_covariate(inputs: Any) -> None:
    """A category's row of missing values is indented below it, without a heading of its own."""
    category = next(row for row in inputs.results["baseline"] if row["kind"] == "count")
    gap = {"count": 3, "percent": 0.7}
    inputs.results["baseline"] = [
        category,
        {
            **category,
            "kind": "missing",
            "level": "Missing",
            "treated": gap,
            "control": gap,
            "overall": gap,
            "smd": None,
        },
    ]
    made = cohort.baseline(inputs.report())
    assert says(made, "Missing", "3 (0.7 %)")
    assert made.count("Missing") == 1


def test_term_of_an_indicator_is_named(inputs: Any) -> None:
    """The term ``age:missing`` reads as its covariate, missing."""
    assert inputs.report().term("age:missing").endswith(": missing")
    assert "age" not in inputs.report().term("age:missing")


def test_imputed_report_is_rendered(inputs: Any) -> None:
    """The whole report with imputation is typeset, and both paragraphs and the numbered table are in it."""
    multiple(inputs)
    text = text_of(inputs.render())
    assert tight("Table 14.1.2.1") in text
    assert tight("Missing baseline covariates") in text
    assert tight("pooled over 20 completed data sets") in text
