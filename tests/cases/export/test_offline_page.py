"""The page of a bundle: its numbers lead to their origins, and the bundle's verifier proves it."""

import json
from dataclasses import replace
from pathlib import Path

from lxml import html

from medicore.cases.export.contents import contents
from medicore.cases.export.export import export
from medicore.cases.export.offline_page import offline_page
from medicore.errors import ConfigurationError
from medicore.records.identifiers import RunId
from tests.whole_house.exported import third_party
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import words
from tests.whole_house.study import BROKEN_RUN, SOUND_RUN, WAITING_RUN

RUN = RunId.parse(SOUND_RUN)


def test_a_number_opens_what_is_recorded_of_it(released: WholeHouse) -> None:
    """The estimate leads to an entry with all its digits, its function's code, and the digest of the frozen data."""
    files = contents(released.house, RUN).files
    page = html.document_fromstring(files["index.html"].decode())
    estimate = json.loads(files["record/results.json"])["primary"]["estimate"]
    (link,) = [
        a
        for a in page.iter("a")
        if a.get("class") == "number" and a.text == f"{estimate:,.3f}".replace("-", "−")
    ]
    opened = page.get_element_by_id(link.get("href")[1:])
    said = opened.text_content()
    assert repr(estimate) in said
    assert "primary.estimate" in said
    (code,) = [a.get("href") for a in opened.iter("a") if ".py:" in (a.text or "")]
    assert "def " in page.get_element_by_id(code[1:]).text_content()
    assert "Input scores.parquet" in said


def test_the_audit_trail_is_on_it_and_the_verifier_proves_it(released: WholeHouse, tmp_path: Path) -> None:
    """Request, decision and release stand at its end; one changed byte of the page is named by the verifier."""
    made = export(released.house, RUN, "rita", words)
    page = html.document_fromstring(made.files["index.html"].decode())
    actions = [row[2].text_content() for row in page.xpath("//tbody/tr") if len(row) == 6]
    assert actions[0] == "run.requested"
    assert {"decision.signed", "run.released"} <= set(actions)
    folder = tmp_path / "bundle"
    for name, data in made.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    assert third_party(folder, tmp_path)[0] == 0
    (folder / "index.html").write_bytes(made.files["index.html"].replace(b"3", b"4", 1))
    code, answer = third_party(folder, tmp_path)
    assert (code, "FAIL  index.html: has SHA-256" in answer) == (1, True)
    assert export(released.house, RUN, "rita", words).files == made.files, "a further copy has the same bytes"


def test_a_run_without_a_report_says_so(month: WholeHouse) -> None:
    """A run that failed before any report, and a template that makes no HTML, have a page with the reason and the trail."""
    page = contents(month.house, RunId.parse(BROKEN_RUN)).files["index.html"].decode()
    assert BROKEN_RUN in page

    def refuse(*_: object) -> bytes:
        raise ConfigurationError("the template of this record makes no HTML")

    old = replace(month.house, rendition=refuse)
    assert b"makes no HTML" in offline_page(old, RunId.parse(WAITING_RUN))
