"""Every number of a report's rendition leads to its place in the results, and the words stay as they are."""

import json
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import html

from medicore.console.linking import addresses
from medicore.errors import ProtocolError
from medicore.records.export.linking import linked
from medicore.records.results.printed import PrintedResults, same_number
from medicore.records.results.references import path_of
from medicore.stores.report.rendition import render_html
from tests.quarto_templates.conftest import Inputs
from tests.quarto_templates.test_html import TEMPLATE, files_of

PLACE = "/runs/REF-NHEFS/2025-03/1"


def links(page: bytes) -> list[tuple[str, dict[str, list[str]]]]:
    """Return text and query of every link to a number."""
    found = html.document_fromstring(page.decode()).iter("a")
    return [
        (link.text or "", parse_qs(urlsplit(link.get("href")).query))
        for link in found
        if link.get("target") == "panel"
    ]


@pytest.fixture(scope="module")
def page() -> bytes:
    """The rendition of the sample report."""
    return render_html(TEMPLATE, files_of(Inputs()))


def test_the_words_of_a_report_stay(page: bytes) -> None:
    """Links alone are added, and no script, form or address of anything else."""
    made = linked(page, addresses(PLACE))
    assert (
        html.document_fromstring(made.decode()).text_content()
        == html.document_fromstring(page.decode()).text_content()
    )
    for banned in (b"<script", b"<form", b'http-equiv="refresh'):
        assert banned not in made


def test_every_number_of_a_report_leads_somewhere(page: bytes) -> None:
    """Nine in ten lead to one place at once, the others to a short list; only years and sections lead to none."""
    results = json.loads(Inputs().files()["results.json"])
    printed = PrintedResults(results)
    led: Counter[str] = Counter()
    none = []
    for text, query in links(linked(page, addresses(PLACE))):
        if "within" not in query:
            path_of(results, query["at"][0])
            continue
        named = [path_of(results, f"R{number}") for number in query["within"][0].split(",")]
        try:
            found = printed.places(text)
        except ProtocolError:
            none.append(text)
            continue
        near = tuple(p for p in found if any(f"{p.path}.".startswith(f"{path}.") for path in named))
        led["one" if near and same_number(near) else "several"] += 1
    assert led["one"] > 600
    assert led["one"] > 8 * led["several"]
    assert len(none) < 10, none


def test_a_page_without_references_stays() -> None:
    """Nothing is added where nothing is cited."""
    page = b'<html xmlns="http://www.w3.org/1999/xhtml"><body><p>12 of 30</p></body></html>'
    assert links(linked(page, addresses(PLACE))) == []
