"""The report's safety evaluation: who was at risk, counts, differences and rates, each number with its reference."""

from io import BytesIO

import pikepdf
import pytest

from medicore.stores.report.pdf_text import text_of, tight
from tests.quarto_templates.conftest import Inputs
from tests.quarto_templates.page_extent import half_empty
from tests.quarto_templates.printed_numbers import unresolved
from tests.quarto_templates.reported_study import Reported, moved_below, reported
from tests.quarto_templates.says import says
from tests.whole_house.safety_study import safe


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """The results and the protocol of a study with adverse events."""
    return reported(tmp_path_factory.mktemp("report"), safe())


@pytest.fixture
def inputs(made: Reported) -> Inputs:
    """The inputs of its report, to be changed at will."""
    return made.inputs()


def test_every_printed_number_is_found(inputs: Inputs) -> None:
    """Each count, rate and difference of adverse events is found by itself and below a path cited beside it."""
    assert unresolved(inputs.report()) == []


def test_the_whole_report_is_made_with_the_tables(inputs: Inputs) -> None:
    """It is rendered as an archival PDF with a section and three tables, and a long table breaks across pages."""
    (skin, *_) = inputs.results["safety"]["classes"]
    skin["terms"] = [{**skin["terms"][0], "name": f"Term {number}"} for number in range(90)]
    pdf = inputs.render()
    with pikepdf.open(BytesIO(pdf)) as document:
        assert b"<pdfaid:part>2</pdfaid:part>" in document.Root.Metadata.read_bytes()
    assert half_empty(pdf) == []
    text = text_of(pdf)
    for words in (
        "Safety evaluation",
        "Table 14.3.1",
        "Table 14.3.2",
        "Table 14.3.3",
        "Term 89",
        "patient-years",
    ):
        assert tight(words) in text, words


def test_who_was_at_risk_is_told(inputs: Inputs) -> None:
    """The paragraph names the columns, the last day, both arms and every event that does not count."""
    from presentation.sections import adverse_events

    section = inputs.results["safety"]
    told, events = adverse_events.overview(inputs.report()), section["events"]
    assert says(
        told,
        "from the day of first_dose to that of last_dose, and 14 days after it, at the latest on 2025-03-31",
        f"active: {section['arms']['treated']['subjects']} subjects",
        f"Of {events['selected']} delivered events, {events['counted']} began in that time and {events['outside']} outside it",
        "without a first day",
    )
    inputs.protocol["safety"]["at_risk"]["days_after"] = 0
    section["arms"]["treated"]["without"] = section["arms"]["control"]["without"] = 0
    told = adverse_events.overview(inputs.report())
    assert "after it" not in told
    assert "without a first day" not in told


def test_each_class_stands_above_its_terms(inputs: Inputs) -> None:
    """Counts with percentages and events, the difference in percent, and the rates with their interval are printed."""
    from presentation.sections import adverse_events

    organ = inputs.results["safety"]["classes"][0]
    term = organ["terms"][0]
    treated, difference = term["arms"]["treated"], term["risk_difference"]
    counted = adverse_events.by_term(inputs.report())
    assert counted.index(organ["name"]) < counted.index(term["name"])
    assert says(
        counted,
        f"{treated['subjects']} ({100 * treated['share']:.1f} %), {treated['events']}",
        f"{100 * difference['estimate']:.1f} % (",
    )
    rated = adverse_events.rates(inputs.report())
    assert says(
        rated,
        f"{treated['incidence_rate']:.1f} ({treated['incidence_low']:.1f} to {treated['incidence_high']:.1f})",
        "Any adverse event",
    )
    assert says(adverse_events.method(inputs.report()), "Garwood 1936", "Miettinen & Nurminen (1985)")


def test_nobody_at_risk_has_no_number(inputs: Inputs) -> None:
    """A dash stands for a share, difference or rate that there is not."""
    from presentation.sections import adverse_events

    row = inputs.results["safety"]["summary"][0]
    row["risk_difference"] = None
    row["arms"]["control"] |= dict.fromkeys(("share", "incidence_rate", "event_rate")) | {
        "subjects": 0,
        "events": 0,
    }
    report = inputs.report()
    assert adverse_events._cells(row)[2:] == ("0 (–), 0", "–")
    assert adverse_events._rate_cells(row)[2] == "–"
    assert says(adverse_events.overview(report), "–: nobody of an arm was at risk")


def test_what_a_number_changes_on_paper_cites_it(inputs: Inputs) -> None:
    """Whatever number of the safety part is changed, what then reads otherwise cites its place."""
    found = moved_below(inputs, "safety.")
    assert len(found.kinds) > 40
    assert {"safety.classes.*.terms.*.arms.treated.event_rate", "safety.arms.control.years"} <= found.shown
    assert found.uncited == []


def test_a_study_without_a_plan_says_so() -> None:
    """No table and no method stand where the protocol declares no adverse events."""
    from presentation.sections import adverse_events

    report = Inputs().report()
    assert says(adverse_events.overview(report), "The protocol declares no data set of adverse events.")
    assert [
        adverse_events.by_term(report),
        adverse_events.rates(report),
        adverse_events.method(report),
    ] == [""] * 3
