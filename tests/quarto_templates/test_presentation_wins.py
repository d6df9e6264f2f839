"""The report of an ordinal outcome: the win probability and the levels of the arms."""

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
from tests.quarto_templates.test_references import covered, differing, exhibits, moved
from tests.whole_house.house import found_whole_house
from tests.whole_house.ordinal_study import ordinal

STUDY = "TEST-ORDINAL"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """The results and the protocol of a study whose effect is win odds."""
    study = ordinal(STUDY)
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


def test_the_whole_report_is_made_with_its_tables(inputs: Inputs) -> None:
    """It is rendered as an archival PDF, and prints levels, odds, net benefit, win probabilities and the method."""
    pdf = inputs.render()
    with pikepdf.open(BytesIO(pdf)) as document:
        assert b"<pdfaid:part>2</pdfaid:part>" in document.Root.Metadata.read_bytes()
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
    before = dict(exhibits(inputs.report()))
    references = inputs.results["references"]
    kinds: set[str] = set()
    shown, uncited = set(), []
    for path, _ in numbers_of(inputs.results):
        kind = re.sub(r"\.\d+", ".*", path)
        if not path.startswith("wins.") or path.endswith(".value") or kind in shown:
            continue
        kinds.add(kind)
        kept = copy.deepcopy(inputs.results)
        moved(inputs.results, path)
        for line, made in exhibits(inputs.report()):
            parts = differing(before[line], made)
            shown |= {kind} if parts else set()
            uncited += [(path, line) for part in parts if not covered(path, part, references)]
        inputs.results = kept
    assert len(kinds) == 2 * 5
    assert shown == kinds
    assert uncited == []
