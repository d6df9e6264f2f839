"""The report of a count: its events and exposure, the weights, and the rates of the arms."""

from io import BytesIO

import pikepdf
import pytest

from medicore.stores.report.pdf_text import text_of, tight
from tests.quarto_templates.conftest import Inputs
from tests.quarto_templates.page_extent import half_empty
from tests.quarto_templates.printed_numbers import unresolved
from tests.quarto_templates.reported_study import Reported, moved_below, reported
from tests.whole_house.counted_study import counted

STUDY = "TEST-COUNTED"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """The results and the protocol of a study whose effect is a ratio of rates."""
    return reported(tmp_path_factory.mktemp("report"), counted(STUDY))


@pytest.fixture
def inputs(made: Reported) -> Inputs:
    """The inputs of its report, to be changed at will."""
    return made.inputs()


def test_the_whole_report_is_made_with_its_tables(inputs: Inputs) -> None:
    """It is rendered as an archival PDF, and prints events, exposure, rates, dispersion and the method."""
    pdf = inputs.render()
    with pikepdf.open(BytesIO(pdf)) as document:
        assert b"<pdfaid:part>2</pdfaid:part>" in document.Root.Metadata.read_bytes()
    assert half_empty(pdf) == []
    text = text_of(pdf)
    for words in (
        "Events over exposure, exacerbations per year",
        "Table 14.2.12",
        "Dispersion of the counts",
        "Negative binomial model alone",
        "Jackknife, every model fitted again without each subject",
        "Rate if everyone had been in the arm, exacerbations per year",
        "Weights for treatment and exposure together",
        "Poisson quasi-likelihood",
        "a rate ratio of",
        "The difference of the rates is",
    ):
        assert tight(words) in text, words


def test_what_an_estimate_assumes_is_said_by_design(inputs: Inputs) -> None:
    """An observational estimate names the models that must be right, a randomised one what exposure must not do."""
    from presentation.sections import effect

    assert "the models of the rate are right, or the propensity model and the models of the exposure" in (
        effect.sentence(inputs.report())
    )
    inputs.results["study"]["design"] = "randomised"
    told = effect.sentence(inputs.report())
    assert "The rate is taken not to depend on the length of the exposure" in told
    assert "The unadjusted estimate is" in told


def test_a_difference_of_rates_has_a_unit_and_no_sentence_of_its_logarithm(inputs: Inputs) -> None:
    """The method of a difference does not speak of a ratio, and the synopsis names the models."""
    from presentation.sections import methods, synopsis

    assert "on the logarithm" in methods.primary_estimator(inputs.report())
    assert "log-linear model of rate and of exposure per arm" in synopsis._fitted(inputs.report())
    inputs.results["primary"]["scale"] = "identity"
    assert "on the logarithm" not in methods.primary_estimator(inputs.report())


def test_every_printed_number_of_a_count_is_found(inputs: Inputs) -> None:
    """Each number of exposure, weights and rates is found by itself and below a path cited beside it."""
    assert unresolved(inputs.report()) == []


OWN = ("rates.", "primary.exposure.", "cohort.outcomes.exposure.")


def test_what_a_number_of_a_count_changes_on_paper_cites_it(inputs: Inputs) -> None:
    """Whatever number of exposure, weights or rates is changed, what then reads otherwise cites its place."""
    found = moved_below(inputs, OWN)
    assert len(found.kinds) == 2 * (9 + 5 + 7)
    assert found.shown == found.kinds
    assert found.uncited == []


def test_another_outcome_has_nothing_of_it() -> None:
    """The report of a continuous outcome has no part of a count."""
    from presentation.kinds import outcome, rates

    report = Inputs().report()
    assert [
        rates.weights(report),
        rates.beside(report),
        outcome.in_brief(report),
        outcome.assumed(report),
    ] == [""] * 4
    assert outcome.model(report) == "outcome model"
    assert not outcome.own(report)
    assert outcome.confirmed(report)[0] == "Primary implementation"
