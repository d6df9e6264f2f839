"""The report of a count: its events and exposure, the weights, and the rates of the arms."""

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
from tests.quarto_templates.test_references import covered, differing, exhibits, moved
from tests.whole_house.counted_study import counted
from tests.whole_house.house import found_whole_house

STUDY = "TEST-COUNTED"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """The results and the protocol of a study whose effect is a ratio of rates."""
    study = counted(STUDY)
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
    """It is rendered as an archival PDF, and prints events, exposure, rates, dispersion and the method."""
    pdf = inputs.render()
    with pikepdf.open(BytesIO(pdf)) as document:
        assert b"<pdfaid:part>2</pdfaid:part>" in document.Root.Metadata.read_bytes()
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
    before = dict(exhibits(inputs.report()))
    references = inputs.results["references"]
    kinds: set[str] = set()
    shown, uncited = set(), []
    for path, _ in numbers_of(inputs.results):
        kind = re.sub(r"\.\d+", ".*", path)
        if not path.startswith(OWN) or kind in kinds:
            continue
        kinds.add(kind)
        kept = copy.deepcopy(inputs.results)
        moved(inputs.results, path)
        for line, made in exhibits(inputs.report()):
            parts = differing(before[line], made)
            shown |= {kind} if parts else set()
            uncited += [(path, line) for part in parts if not covered(path, part, references)]
        inputs.results = kept
    assert len(kinds) == 2 * (9 + 5 + 7)
    assert shown == kinds
    assert uncited == []


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
