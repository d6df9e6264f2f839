"""The report's safety evaluation: who was at risk, counts, differences and rates, each number with its reference."""

import copy
import re
from io import BytesIO
from typing import Any

import pikepdf
import pytest
import yaml

from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.records.identifiers import RunId
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.results.printed import numbers_of
from medicore.stores.report.pdf_text import text_of, tight
from tests.quarto_templates.conftest import Inputs
from tests.quarto_templates.printed_numbers import unresolved
from tests.quarto_templates.test_presentation_monitoring import says
from tests.quarto_templates.test_references import covered, differing, exhibits, moved
from tests.whole_house.house import found_whole_house
from tests.whole_house.safety_study import STUDY, safe


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """The results and the protocol of a study with adverse events."""
    study = safe()
    house = found_whole_house(tmp_path_factory.mktemp("report") / "house")
    house.prepare(study)
    run = RunId.parse(house.run(study.study).run)
    results = read_results(house.house, run, sealed_commit(house.house, run)).document
    text = yaml.safe_dump({"study": STUDY, **study.protocol})
    return results, parse_protocol(text, "study.yaml").as_json()


@pytest.fixture
def inputs(made: tuple[Any, Any]) -> Inputs:
    """The inputs of its report, to be changed at will."""
    found = Inputs()
    found.results, found.protocol = copy.deepcopy(made)
    found.run |= {"study": STUDY, "id": f"{STUDY}/2025-03/1"}
    return found


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
    before = dict(exhibits(inputs.report()))
    references = inputs.results["references"]
    kinds: set[str] = set()
    shown, uncited = set(), []
    for path, _ in numbers_of(inputs.results):
        kind = re.sub(r"\.\d+", ".*", path)
        if not path.startswith("safety.") or kind in kinds:
            continue
        kinds.add(kind)
        kept = copy.deepcopy(inputs.results)
        moved(inputs.results, path)
        for line, found in exhibits(inputs.report()):
            parts = differing(before[line], found)
            shown |= {kind} if parts else set()
            uncited += [(path, line) for part in parts if not covered(path, part, references)]
        inputs.results = kept
    assert len(kinds) > 40
    assert {"safety.classes.*.terms.*.arms.treated.event_rate", "safety.arms.control.years"} <= shown
    assert uncited == []


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
