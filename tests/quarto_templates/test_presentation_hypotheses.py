"""Tests of secondary endpoints and families in the report: rows, decisions, and what is said where there is none."""

from typing import Any, get_args

from presentation.sections import hypotheses
from presentation.writing.numbers import p_value

from medicore.records.protocol.hypotheses.family import Method
from tests.quarto_templates.says import says


def test_every_endpoint_is_a_row(inputs: Any) -> None:
    """Estimate, interval and p-value, the missing outcomes, and whether a family covers the endpoint."""
    report = inputs.report()
    made = hypotheses.endpoints(report)
    assert says(
        made,
        "Table 14.2.8",
        "Systolic blood pressure in 1982",
        "difference of means · mmHg · 1.1 % of 1,566 due missing (weighted) · family efficacy",
        "1.421",
        "−0.368 to 3.210",
        "0.12",
        "Death by 1992",
        "risk ratio · 1.1 % of 1,566 due missing (weighted) · exploratory · not estimable: the covariates predict",
    )
    paths = {report.results["references"][number - 1] for number in report.cited}
    assert paths == {"primary", "secondary.0", "secondary.1"}


def test_every_hypothesis_has_its_decision(inputs: Any) -> None:
    """The family says method, level and month; each row has three p-values, the decision and a reference."""
    report = inputs.report()
    made = hypotheses.families(report)
    primary, pressure, _ = report.results["families"][0]["hypotheses"]
    assert says(
        made,
        "Family efficacy, graphical procedure (Bretz et al. 2009) at level 5.0 %:",
        "Hypotheses other than a monitored primary are tested in 2025-03 alone.",
        "That month had 2 looks with different data; the level holds for one of them.",
        "Table 14.2.9",
        primary["reason"],
        p_value(pressure["adjusted_p"]),
        "not rejected",
    )
    paths = {report.results["references"][number - 1] for number in report.cited}
    assert paths == {"families.0", *(f"families.0.hypotheses.{place}" for place in range(3))}


def test_a_family_of_a_single_look_says_no_more_than_it_has(inputs: Any) -> None:
    """Without a month and further looks the family's sentence is alone, and the method names the sources."""
    inputs.results["families"][0] |= {"month": None, "looks_in_month": 1, "method": "holm"}
    made = hypotheses.families(inputs.report())
    assert says(made, "Family efficacy, Holm (1979) at level 5.0 %")
    assert "alone" not in made
    assert "looks with different data" not in made
    assert says(hypotheses.method(inputs.report()), "Liu & Anderson 2008", "count as p = 1 in any other")


def test_every_method_is_named(inputs: Any) -> None:
    """The report has a name for each method that a protocol may declare."""
    for method in get_args(Method):
        inputs.results["families"][0]["method"] = method
        assert says(hypotheses.families(inputs.report()), "Family efficacy, ")


def test_a_protocol_without_them_says_so(inputs: Any) -> None:
    """No table and no method stand where nothing is declared, and p-values are said not to be adjusted."""
    inputs.results |= {"secondary": [], "families": []}
    report = inputs.report()
    assert says(hypotheses.endpoints(report), "The protocol declares no secondary endpoint.")
    assert says(hypotheses.families(report), "declares no family of hypotheses", "are not adjusted")
    assert hypotheses.method(report) == ""
