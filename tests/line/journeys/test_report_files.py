"""``medicore report check``: the month's reports are what reports must be, and a damaged one is named."""

import csv
import io
import json
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pikepdf

from medicore.cases.export.rendition import rendition_sources
from medicore.records.canonical import sha256
from medicore.records.identifiers import RunId
from medicore.records.results.paths import value_at
from medicore.settings import read_settings
from medicore.stores.report.renderer_embedded import EmbeddedRenderer
from medicore.stores.report.renderer_proven import ProvenRenderer
from medicore.wiring import open_house
from tests.conftest import ROOT, git
from tests.line.conftest import BROKEN, MONTH, REFERENCE, Month
from tests.quarto_templates.pages import elements, parsed, words


def test_every_report_of_the_month_is_as_it_must_be(released: Month) -> None:
    """Sealed and signed reports meet every requirement; the table and the document say the same."""
    files = sorted((released.project.home / "reports").rglob("*.pdf"))
    assert {path.name.endswith(".signed.pdf") for path in files} == {True, False}
    names = [str(path) for path in files]
    found = released.project.medicore("report", "check", *names, "--json").json()
    assert list(found) == names
    assert {verdict for each in found.values() for verdict in each.values()} == {"met"}
    text = released.project.medicore("report", "check", names[0]).out
    assert text.count(" met ") == len(found[names[0]])


def test_tables_lie_beside_the_report(released: Month, tmp_path: Path) -> None:
    """The tables beside a report are those that the command writes from the record, with the estimate in full."""
    folder = released.project.home / "reports" / REFERENCE / MONTH / f"{REFERENCE}_{MONTH}_1_tables"
    released.project.medicore("report", "tables", released.run(REFERENCE), str(tmp_path / "tables"))
    found = {path.name: path.read_bytes() for path in (tmp_path / "tables").iterdir()}
    assert found == {path.name: path.read_bytes() for path in folder.iterdir()}
    (row,) = csv.DictReader(io.StringIO(found["14.2.1_primary.csv"].decode(), newline=""))
    assert float(row["estimate"]) == value_at(released.results(REFERENCE), f"{row['path']}.estimate")
    again = ("report", "tables", released.run(REFERENCE), str(tmp_path / "tables"))
    assert "already" in released.project.medicore(*again, expected=9).err


def test_the_page_is_a_rendition_of_the_record(released: Month, tmp_path: Path) -> None:
    """It names commit, results and PDF of the record, its sources make that PDF again, and it overwrites nothing."""
    project, run = released.project, released.run(REFERENCE)
    page_asked = ("report", "html", run, str(tmp_path))
    answer = project.medicore(*page_asked, "--json").json()
    page = Path(answer["file"])
    assert page.name == f"{REFERENCE}_{MONTH}_1.html"
    assert answer["sha256"] == sha256(page.read_bytes())
    found = read_settings({"MEDICORE_HOME": str(project.home)})
    sources = rendition_sources(open_house(found), RunId.parse(run))
    said = json.loads(sources.inputs["rendition.json"])
    statement = words(next(elements(parsed(page.read_bytes()), "aside")))
    assert said.pop("state") == "archived"
    assert [digest for digest in said.values() if digest not in statement] == []
    record = git("rev-parse", f"record/{run}^{{commit}}", folder=project.home / "records.git")
    assert said["record_commit"] == record
    report = next((project.home / "reports" / REFERENCE).rglob("*_1.pdf")).read_bytes()
    assert said["report_sha256"] == sha256(report)
    assert said["results_sha256"] == sha256(sources.inputs["results.json"])
    inputs = {name: data for name, data in sources.inputs.items() if name != "rendition.json"}
    asked_at = datetime.fromisoformat(json.loads(inputs["run.json"])["requested_at"])
    assert (
        ProvenRenderer(EmbeddedRenderer()).render(str(ROOT / "quarto_templates"), inputs, asked_at) == report
    )
    assert f"{REFERENCE}_{MONTH}_1.html exists already" in project.medicore(*page_asked, expected=9).err
    answer = project.medicore("report", "html", run, "--json").json()
    assert Path(answer["file"]) == project.home / "reports" / page.name, (
        "a command of these tests stands in the checkout"
    )
    for asked in (("html", run, "."), ("tables", run, "tables"), ("portfolio", MONTH, "--output", "docs")):
        assert "would lie in the checkout" in project.medicore("report", *asked, expected=9).err
    assert git("status", "--porcelain", folder=project.root) == ""
    answer = project.medicore("report", "html", released.run(BROKEN), str(tmp_path), "--json").json()
    assert Path(answer["file"]).name == f"{BROKEN}_{MONTH}_1_evidence.html", "a halted run has its evidence"


def test_a_report_that_is_not_is_named(released: Month, tmp_path: Path) -> None:
    """An attachment, a file that is no PDF and one that is not there: one line each, with its family's exit code."""
    report = next((released.project.home / "reports").rglob("*.pdf"))
    spoilt = tmp_path / "spoilt.pdf"
    with pikepdf.open(BytesIO(report.read_bytes())) as document:
        document.attachments["data.csv"] = b"subject_id"
        document.save(spoilt)
    answer = released.project.medicore("report", "check", str(report), str(spoilt), expected=6)
    assert (
        "1 requirement(s) not met, first spoilt.pdf: a file is attached; expected no attachment" in answer.err
    )
    assert "NOT MET" in answer.out
    spoilt.write_bytes(b"no report")
    assert (
        "cannot be read as PDF" in released.project.medicore("report", "check", str(spoilt), expected=4).err
    )
    answer = released.project.medicore("report", "check", str(tmp_path / "none.pdf"), expected=9)
    assert answer.err.startswith("medicore: none.pdf cannot be read")
