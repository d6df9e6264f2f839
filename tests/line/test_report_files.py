"""``medicore report check``: the month's reports are what reports must be, and a damaged one is named."""

import csv
import io
from io import BytesIO
from pathlib import Path

import pikepdf

from tests.line.conftest import MONTH, REFERENCE, Month


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
    answer = released.project.medicore(
        "explain", released.run(REFERENCE), f"{row['path']}.estimate", "--json"
    ).json()
    assert float(row["estimate"]) == answer["value"]
    again = ("report", "tables", released.run(REFERENCE), str(tmp_path / "tables"))
    assert "already" in released.project.medicore(*again, expected=9).err


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
