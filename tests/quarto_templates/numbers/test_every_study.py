"""The reports of all studies: every number is read out of PDF and HTML and looked up, and every page is measured."""

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from medicore.cases.answers.explain import cited, places
from medicore.stores.report.renderer_embedded import EmbeddedRenderer
from medicore.stores.report.rendition import render_html
from tests.few_draws import few_draws
from tests.quarto_templates.conftest import CREATED, TEMPLATES
from tests.quarto_templates.numbers.demo_month import PROTOCOLS, DemoMonth, demo_month
from tests.quarto_templates.numbers.html_units import html_units
from tests.quarto_templates.numbers.pdf_units import pdf_units
from tests.quarto_templates.numbers.rendered_numbers import Rendered, lost, rendered_numbers
from tests.quarto_templates.numbers.unit import Unit
from tests.quarto_templates.page_extent import half_empty, pages
from tests.quarto_templates.printed_numbers import moved

pytestmark = pytest.mark.deep

FORMS = ("PDF", "HTML")
_HALTED = "MED-2024-0239"
"""The study whose data break a rule that no signature overrides."""


@pytest.fixture(scope="module")
def month(session_memory: Path) -> Iterator[DemoMonth]:
    """The month of all studies."""
    with few_draws():
        yield demo_month(session_memory / "demo")


def _read(form: str, inputs: Mapping[str, bytes], page: str) -> list[Unit]:
    """Return the units of the report that the inputs make in that form."""
    if form == "HTML":
        template = {
            path.relative_to(TEMPLATES).as_posix(): path.read_bytes()
            for path in TEMPLATES.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        return html_units(render_html(template, inputs, page))
    return pdf_units(_pdf(inputs, page))


def _pdf(inputs: Mapping[str, bytes], page: str) -> bytes:
    """Return the PDF that the inputs make."""
    kept = {name: data for name, data in inputs.items() if name != "rendition.json"}
    return EmbeddedRenderer().render(str(TEMPLATES), kept, CREATED, *([page] if page else []))


def _numbers(form: str, inputs: Mapping[str, bytes], page: str, told: str) -> list[Rendered]:
    """Return the numbers of the document ``told`` that the report of the inputs prints in that form."""
    other = {**inputs, told: json.dumps(moved(json.loads(inputs[told]))).encode()}
    return rendered_numbers(_read(form, inputs, page), _read(form, other, page))


def _lost(month: DemoMonth, study: str, numbers: list[Rendered], *, evidence: bool) -> list[str]:
    """Return the numbers that ``explain --value`` or their references do not lead back to their places."""
    run, house = month.run(study), month.house.house

    @functools.cache
    def found(text: str) -> tuple[str, ...]:
        return tuple(place.path for place in places(house, run, text, evidence=evidence))

    @functools.cache
    def path_of(reference: str) -> str:
        return cited(house, run, reference, evidence=evidence)

    return lost(numbers, found, path_of)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("study", PROTOCOLS)
def test_every_number_of_a_report_is_found(month: DemoMonth, study: str, form: str) -> None:
    """Each number is a result when it is read back, and stands below a path that is cited with it; their number is told."""
    sources = month.report(study)
    assert (sources is None) is (study == _HALTED)
    if sources is None:
        return
    numbers = _numbers(form, sources.inputs, sources.page, "results.json")
    assert _lost(month, study, numbers, evidence=False) == []
    print(f"{study} report {form}: {len(numbers)} numbers, all found")  # noqa: T201 - the count is the answer
    assert len(numbers) > 400


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("study", PROTOCOLS)
def test_every_number_of_an_evidence_report_is_found(month: DemoMonth, study: str, form: str) -> None:
    """The same holds of the report on which a person decides about a halt, also after the run has continued."""
    sources = month.evidence(study)
    if sources is None:
        assert month.report(study) is not None
        return
    numbers = _numbers(form, sources.inputs, sources.page, "evidence.json")
    assert _lost(month, study, numbers, evidence=True) == []
    print(f"{study} evidence report {form}: {len(numbers)} numbers, all found")  # noqa: T201
    assert len(numbers) > 5


@pytest.mark.parametrize("study", PROTOCOLS)
def test_every_page_is_used(month: DemoMonth, study: str) -> None:
    """Every page but a section's last is used for 60 % of its height; the share of empty page is told of each report."""
    reports = {"report": month.report(study), "evidence report": month.evidence(study)}
    assert any(sources is not None for sources in reports.values())
    for kind, sources in reports.items():
        if sources is None:
            continue
        made = _pdf(sources.inputs, sources.page)
        assert half_empty(made) == []
        empty = [1 - page.filled for page in pages(made)]
        least = max(range(len(empty)), key=empty.__getitem__)
        told = f"{len(empty)} pages, {sum(empty) / len(empty):.0%} of them empty, most of page {least + 1}: {empty[least]:.0%}"
        print(f"{study} {kind}: {told}")  # noqa: T201 - the share is the answer
