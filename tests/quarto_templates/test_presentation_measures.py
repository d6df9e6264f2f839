"""Ratios, other target populations and the change since last month, as the report words them."""

from typing import Any

import pytest
from presentation.kinds import outcome
from presentation.sections import effect, methods, sensitivity

from tests.quarto_templates.says import says


def as_ratio(inputs: Any) -> None:
    """Turn the sample's result into a risk ratio in the treated."""
    primary = inputs.results["primary"]
    primary |= {
        "estimand": "ATT, risk ratio", "measure": "risk ratio", "scale": "logarithm", "null": 1.0, "unit": "",
        "estimate": 1.25, "ci_low": 1.05, "ci_high": 1.488, "standard_error": 0.089,
        "absolute_difference": {"estimate": 0.08, "standard_error": 0.031, "ci_low": 0.019, "ci_high": 0.141},
    }  # fmt: skip
    inputs.protocol["estimand"] |= {"measure": "risk ratio", "target": "ATT"}
    inputs.protocol["outcome"] |= {"type": "binary"}


def test_a_ratio_is_named_and_has_the_difference_beside_it(inputs: Any) -> None:
    """The sentence says which ratio it is, the absolute difference follows, and errors are of the logarithm."""
    as_ratio(inputs)
    report = inputs.report()
    assert says(effect.headline(report), "ATT, risk ratio", "1.2500", "1.0500 to 1.4880")
    assert says(
        effect.conclusion(report),
        "a risk ratio of 1.2500",
        "The difference of the risks is 0.0800 (0.0190 to 0.1410)",
    )
    table = effect.primary_table(report)
    assert says(table, "of the logarithm", "measure: risk ratio", outcome.MEANS["ATT"])
    assert says(sensitivity.forest(report, "sensitivity"), "Effect: risk ratio")
    assert says(sensitivity.rows_table(report, "sensitivity"), "of the logarithm")


def test_a_difference_is_left_as_it_was(inputs: Any) -> None:
    """No logarithm and no second difference is spoken of where the effect is a difference."""
    report = inputs.report()
    for made in (effect.conclusion(report), effect.primary_table(report), methods.primary_estimator(report)):
        assert not says(made, "logarithm")
    assert not says(effect.conclusion(report), "The difference of the risks")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("ATE", "the average of φ over everybody"),
        ("ATT", "the effect in the treated"),
        ("ATO", "augmented overlap weighting"),
    ],
)
def test_the_formula_is_that_of_the_target(inputs: Any, target: str, words: str) -> None:
    """Each target population has its own formula with an alternative text."""
    inputs.protocol["estimand"] |= {"target": target}
    made = methods.primary_estimator(inputs.report())
    assert says(made, words, "by least squares")
    assert made.count("#formula(") == 1


def test_the_change_since_last_month_is_told(inputs: Any) -> None:
    """Month, run, estimate and size of the change are said, and why there is none where there is none."""
    made = effect.change(inputs.report())
    assert says(
        made, "In 2025-02", "MED-2024-0147/2025-02/1", "this month's standard errors", "the gate is 1"
    )
    inputs.results["change"]["in_standard_errors"] = None
    assert says(effect.change(inputs.report()), "cannot be compared")
    inputs.results["change"] = None
    assert says(effect.change(inputs.report()), "No earlier month")


def test_reports_of_ratios_render(inputs: Any) -> None:
    """The whole report of a risk ratio in the treated is rendered, formula and all."""
    as_ratio(inputs)
    assert inputs.render().startswith(b"%PDF")
