"""Two checkers of PDF/UA-1 that nobody here wrote read every kind of report: they find nothing, or what is named here."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pikepdf
import pytest

from tests.quarto_templates import portfolio_sample
from tests.quarto_templates.conftest import Inputs
from tests.quarto_templates.test_evidence_report import evidence, rendered
from tests.stores.signing_room import open_room

_MISSING = "{} is not installed; it is in requirements-dev.lock: 'make setup' installs it"
outloud = pytest.importorskip("outloud", reason=_MISSING.format("outloud"))
pdfua = pytest.importorskip("pdfua", reason=_MISSING.format("pdfua"))

BY_DESIGN = MappingProxyType(
    {
        "TAG-002": "what a table repeats on its next pages, its title and its note, is said once",
        "TBL-010": "titles of groups of rows are heads, and each row has its own head beside its columns'",
        "ORD-001": "a table that goes on over pages is painted in another order than its cells are read",
        "FIG-012": "a series of estimates by month is put in words as numbers",
    }
)
"""Rules of outloud beyond the standard that find something, and why it stays."""
UNFIT = {"UA-14-001"}
"""Rules of pdfua 0.1.3 that cannot read what pikepdf 10 returns; outloud has rules of headings too."""
OF_THE_MARKS = {"FRM-003", "DOC-012"}
"""What a signed copy must have: marks outside the tags, and so no claim to be PDF/UA-1."""


@pytest.fixture(scope="module")
def reports(pdf: bytes, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every kind of report: of a run, signed by two, of a run that halted, and of a month of studies."""
    room, inputs = open_room(tmp_path_factory.mktemp("room") / "authority"), Inputs()
    return {
        "report": pdf,
        "signed": room.signed(pdf, room.approval(room.rita), room.approval(room.quentin)),
        "evidence": rendered(inputs, evidence(inputs, "effect")),
        "portfolio": portfolio_sample.render(portfolio_sample.contents()),
    }


def found_by_outloud(data: bytes, folder: Path, *layers: str) -> dict[str, str]:
    """Return each rule that finds something, with its first finding; every rule must have been able to run."""
    path = folder / "read.pdf"
    path.write_bytes(data)
    result = outloud.check(str(path), layers=layers or None)
    assert result.error is None
    assert {run.rule for run in result.runs if run.status == "error"} == set()
    assert sum(run.status == "ran" for run in result.runs) > 30
    return {one.rule: f"page {one.page}: {one.message}" for one in reversed(result.findings)}


def found_by_pdfua(data: bytes, folder: Path) -> dict[str, str]:
    """Return each rule that finds something, with its first finding; the rules that could not run are the known ones."""
    path = folder / "read.pdf"
    path.write_bytes(data)
    report = pdfua.validate(str(path))
    assert {one.rule_id for one in report.outcomes if one.skipped_reason} <= UNFIT
    return {one.rule_id: one.message for one in reversed(report.findings)}


@pytest.mark.parametrize("kind", ["report", "evidence", "portfolio"])
def test_no_checker_finds_a_breach_of_the_standard(
    kind: str, reports: dict[str, bytes], tmp_path: Path
) -> None:
    """Each report keeps every rule of PDF/UA-1 that either checker knows."""
    assert found_by_pdfua(reports[kind], tmp_path) == {}
    assert found_by_outloud(reports[kind], tmp_path, "conformance") == {}


@pytest.mark.parametrize("kind", ["report", "evidence", "portfolio"])
def test_what_is_found_beyond_the_standard_has_its_reason(
    kind: str, reports: dict[str, bytes], tmp_path: Path
) -> None:
    """What outloud finds in words, tables and order beyond the standard is by design, and named with its reason."""
    found = found_by_outloud(reports[kind], tmp_path)
    assert {rule: what for rule, what in found.items() if rule not in BY_DESIGN} == {}


def test_a_signed_report_breaks_one_rule_and_does_not_claim_the_standard(
    reports: dict[str, bytes], tmp_path: Path
) -> None:
    """The marks of two signatures lie outside the tags, nothing else is wrong, and the metadata claim no PDF/UA-1."""
    assert found_by_pdfua(reports["signed"], tmp_path) == {}
    assert set(found_by_outloud(reports["signed"], tmp_path, "conformance")) == OF_THE_MARKS


def lose_the_language(document: pikepdf.Pdf) -> None:
    """Name no language."""
    del document.Root.Lang


def lose_the_heads(document: pikepdf.Pdf) -> None:
    """Let the cells of every table be data that name no head."""
    for one in document.objects:
        if isinstance(one, pikepdf.Dictionary) and one.get("/S") in ("/TH", "/TD"):
            one.S = pikepdf.Name.TD
            if "/A" in one:
                del one.A


def lose_the_words(document: pikepdf.Pdf) -> None:
    """Take the words from every figure."""
    for one in document.objects:
        if isinstance(one, pikepdf.Dictionary) and one.get("/S") == "/Figure":
            del one.Alt


@pytest.mark.parametrize("change", [lose_the_language, lose_the_heads, lose_the_words])
def test_both_checkers_find_what_is_taken_away(
    change: Callable[[Any], None], pdf: bytes, tmp_path: Path
) -> None:
    """Neither checker is content with a report that lacks its language, its heads of tables or its words for figures."""
    changed = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        change(document)
        document.save(changed)
    assert set(found_by_outloud(changed.getvalue(), tmp_path)) - set(BY_DESIGN)
    assert found_by_pdfua(changed.getvalue(), tmp_path)
