"""The report of an ordinal outcome: the win probability and the levels of the arms."""

from io import BytesIO

import pikepdf
import pytest

from medicore.stores.report.pdf_text import text_of, tight
from tests.quarto_templates.conftest import Inputs
from tests.quarto_templates.page_extent import half_empty
from tests.quarto_templates.reported_study import Reported, moved_below, reported
from tests.whole_house.ordinal_study import ordinal

STUDY = "TEST-ORDINAL"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """The results and the protocol of a study whose effect is win odds."""
    return reported(tmp_path_factory.mktemp("report"), ordinal(STUDY))


@pytest.fixture
def inputs(made: Reported) -> Inputs:
    """The inputs of its report, to be changed at will."""
    return made.inputs()


def test_the_whole_report_is_made_with_its_tables(inputs: Inputs) -> None:
    """It is rendered as an archival PDF, and prints levels, odds, net benefit, win probabilities and the method."""
    pdf = inputs.render()
    with pikepdf.open(BytesIO(pdf)) as document:
        assert b"<pdfaid:part>2</pdfaid:part>" in document.Root.Metadata.read_bytes()
    assert half_empty(pdf) == []
    text = text_of(pdf)
    for words in (
        "Table 14.2.13",
        "from the worst to the best",
        "In intensive care",
        "Logistic models of the thresholds",
        "Jackknife, every model fitted again without each subject",
        "Win probability: that a subject of the arm fares better",
        "The win odds are",
        "a win odds of",
        "The net benefit is",
    ):
        assert tight(words) in text, words


def test_words_follow_design_and_measure(inputs: Inputs) -> None:
    """An observational estimate names the models that must be right; the method names the measure; missing states are told."""
    from presentation.kinds import outcome, wins
    from presentation.sections import effect, methods, outcomes, synopsis

    report = inputs.report()
    assert "the propensity model or the models of all thresholds are right" in effect.sentence(report)
    assert "on the logarithm" in methods.primary_estimator(report)
    assert "linear model of each threshold per arm" in synopsis._fitted(report)
    assert synopsis._mean(report) == "win probability"
    assert "two subjects are compared" in outcome.in_brief(report)
    assert "Missing" in outcomes.states(report)
    assert wins.beside(Inputs().report()) == ""
    inputs.results["primary"] |= {"scale": "identity", "measure": "net benefit"}
    assert "The net benefit is \\u{3b8} less 1" in methods.primary_estimator(inputs.report())


def test_what_a_number_of_a_level_changes_on_paper_cites_it(inputs: Inputs) -> None:
    """Whatever number of a level is changed, what then reads otherwise cites its place."""
    found = moved_below(inputs, "wins.", without=".value", until_shown=True)
    assert len(found.kinds) == 2 * 5
    assert found.shown == found.kinds
    assert found.uncited == []
