"""The report of studies with splines, clusters and penalised outcome models: tables, terms and methods in words."""

from pathlib import Path

from medicore.stores.report.pdf_text import text_of, tight
from tests.quarto_templates.conftest import Inputs
from tests.quarto_templates.page_extent import half_empty
from tests.quarto_templates.printed_numbers import unresolved
from tests.quarto_templates.reported_study import reported
from tests.whole_house.terms_studies import everything


def test_the_report_says_what_the_models_are_made_of(tmp_path: Path) -> None:
    """The whole report is rendered; tables and methods of splines, interactions, clusters and few events are in it."""
    inputs = reported(tmp_path, everything(), decided=True).inputs()
    assert unresolved(inputs.report()) == []
    pdf = inputs.render()
    assert half_empty(pdf) == []
    text = text_of(pdf)
    for words in (
        "Table 14.1.2.3",
        "Age, curve 1",
        "Age, curve 2 × Smoking: current",
        "restricted cubic spline",
        "Interactions of covariates: Age with Smoking",
        "Table 14.2.11",
        "Clusters, by column site",
        "cluster-robust, 24 clusters",
        "Liang & Zeger 1986",
        "resamples whole clusters",
        "Table 14.2.11.1",
        "Events by arm",
        "Risk difference without covariates, score interval",
        "penalised likelihood",
        "The propensity model is not penalised",
    ):
        assert tight(words) in text, words


def test_a_study_without_them_prints_nothing(inputs: Inputs) -> None:
    """The sample study has no table of knots, clusters or events, and no method of them."""
    from presentation.sections import terms

    report = inputs.report()
    assert [terms.knots(report), terms.clusters(report), terms.events(report), terms.method(report)] == [
        ""
    ] * 4
