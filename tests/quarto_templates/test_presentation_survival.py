"""The report of a time to event: its follow-up, its curves with numbers at risk, and what stands beside the effect."""

from io import BytesIO

import pikepdf
import pytest

from medicore.stores.report.pdf_text import text_of, tight
from tests.quarto_templates.conftest import Inputs
from tests.quarto_templates.page_extent import half_empty
from tests.quarto_templates.printed_numbers import printed_numbers, unresolved
from tests.quarto_templates.reported_study import Reported, moved_below, reported
from tests.whole_house.timed_study import timed

STUDY = "TEST-TIMED"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """The results and the protocol of a study with competing events."""
    return reported(tmp_path_factory.mktemp("report"), timed(STUDY, competing=True))


@pytest.fixture
def inputs(made: Reported) -> Inputs:
    """The inputs of its report, to be changed at will."""
    return made.inputs()


def test_the_whole_report_is_made_with_curve_and_tables(inputs: Inputs) -> None:
    """It is rendered as an archival PDF, names the horizon, and prints curves, numbers at risk, and competing events."""
    pdf = inputs.render()
    with pikepdf.open(BytesIO(pdf)) as document:
        assert b"<pdfaid:part>2</pdfaid:part>" in document.Root.Metadata.read_bytes()
    assert half_empty(pdf) == []
    text = text_of(pdf)
    for words in (
        "Figure 14.2.4",
        "At risk",
        "Table 14.2.10",
        "Hazard ratio, weighted",
        "Death without the event",
        "Median follow-up",
        "Jackknife, every model fitted again without each subject",
        "Survival at 365 days if everyone had been in the arm",
        "Weights for treatment and censoring together",
    ):
        assert tight(words) in text, words
    looks, beside = (
        text.rindex(tight(title)) for title in ("Looks at the study", "Beside the effect on survival")
    )
    assert looks < beside


def test_the_curve_keeps_each_value_until_the_next_time(inputs: Inputs) -> None:
    """Steps go across before they go down, and the band goes out along one limit and back along the other."""
    from presentation.kinds import survival_curves

    assert survival_curves._steps([0.0, 0.5, 1.0], [1.0, 1.0, 0.4]) == [
        [0.0, 1.0],
        [0.5, 1.0],
        [1.0, 1.0],
        [1.0, 0.4],
    ]
    report = inputs.report()
    drawn = report.results["survival"]["curves"]
    from presentation.writing.axis import Axis

    curve = survival_curves._curve(report, "treated", drawn, Axis(0.0, 365.0, 365.0))
    assert curve["band"][0] == [0.0, drawn["arms"]["treated"]["ci_low"][0]]
    assert curve["band"][-1] == [0.0, drawn["arms"]["treated"]["ci_high"][0]]


def test_what_an_estimate_assumes_is_said_by_design(inputs: Inputs) -> None:
    """An observational estimate names the models that must be right, a randomised one what censoring may depend on."""
    from presentation.sections import effect

    assert "the hazard models of the event are right, or the propensity model" in effect.sentence(
        inputs.report()
    )
    inputs.results["study"]["design"] = "randomised"
    told = effect.sentence(inputs.report())
    assert "Censoring is taken to depend on nothing but arm and covariates" in told
    assert "The unadjusted estimate is" in told


def test_the_second_implementation_stands_beside_the_error_that_it_confirms(inputs: Inputs) -> None:
    """Both rows of the table hold the standard error of the influence function."""
    from presentation.kinds import outcome
    from presentation.sections import effect

    name, error = outcome.confirmed(inputs.report())
    assert error == inputs.results["primary"]["standard_errors"]["influence"]
    assert name in effect.verification(inputs.report())


def test_every_printed_number_is_found(inputs: Inputs) -> None:
    """Each number of follow-up, survival and competing events is found by itself and below a path cited beside it."""
    report = inputs.report()
    assert any("survival." in number.line for number in printed_numbers(report))
    assert unresolved(report) == []


def test_what_could_not_be_estimated_says_so(inputs: Inputs) -> None:
    """A hazard ratio or a test without a number prints its reason, and a study without competing events no incidence."""
    from presentation.kinds import survival

    inputs.results["survival"]["hazard_ratio"] = {
        "note": "not estimable: the events order the arms perfectly"
    }
    inputs.results["survival"]["log_rank"] = {"note": "not estimable: no event"}
    inputs.results["survival"]["competing"] = None
    inputs.results["cohort"]["outcomes"]["follow_up"]["competing"] = None
    told = survival.beside(inputs.report())
    assert "order the arms perfectly" in told
    assert "not estimable: no event" in told
    assert "Incidence" not in told
    assert "Death" not in survival.follow_up(inputs.report())


def test_censoring_without_covariates_and_a_restricted_mean_are_described(inputs: Inputs) -> None:
    """The method names what the hazard of censoring depends on, and the loss of the measure."""
    from presentation.kinds import survival
    from presentation.sections import methods

    assert "that of censoring on Age" in methods.primary_estimator(inputs.report())
    inputs.results["primary"]["censoring"]["covariates"] = []
    inputs.protocol["estimand"]["measure"] = "rmst difference"
    told = methods.primary_estimator(inputs.report())
    assert "that of censoring on nothing" in told
    assert "the restricted mean is" in told
    assert "less the mean loss" in told
    assert "restricted mean survival to 365 days" in survival.in_brief(inputs.report())


OWN = ("survival.", "primary.censoring.", "cohort.outcomes.follow_up.")


def test_what_a_number_of_survival_changes_on_paper_cites_it(inputs: Inputs) -> None:
    """Whatever number of follow-up, censoring, curves or tests is changed, what then reads otherwise cites its place."""
    found = moved_below(inputs, OWN)
    assert len(found.kinds) > 40
    assert {"survival.at_risk.treated.*", "survival.curves.arms.control.survival.*"} <= found.shown
    assert found.uncited == []


def test_another_outcome_has_nothing_of_it() -> None:
    """The report of a continuous outcome has no part of a time to event."""
    from presentation.kinds import survival, survival_curves

    report = Inputs().report()
    assert [
        survival.in_brief(report),
        survival.censoring(report),
        survival_curves.curves(report),
        survival.beside(report),
        survival.of_censoring(report),
    ] == [""] * 5
    assert survival.model(report) == "outcome model"
