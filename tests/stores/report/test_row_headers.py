"""Tests of the headers of rows: which cells become one, who names it, and that nothing else changes."""

from io import BytesIO

import pikepdf
import pytest
import typst

from medicore.errors import DataError
from medicore.stores.report.pdf_text import text_of
from medicore.stores.report.row_headers import elements, with_row_headers

SOURCE = b"""#set document(title: "x")
#table(columns: 2, table.header[Name][Value], [Age], [46], table.header(level: 2, table.cell(colspan: 2)[Group]),
  [Sex], [male], table.footer(table.cell(colspan: 2)[A note]))
#table(columns: 2, [Study], [REF], [Month], [March])
"""


def made(source: bytes = SOURCE) -> bytes:
    """Return a tagged document as Typst makes it."""
    return bytes(typst.compile(source, format="pdf", pdf_standards=["ua-1"], ignore_system_fonts=True))


def cells(table: pikepdf.Object) -> list[list[tuple[str, str, list[str]]]]:
    """Return kind, scope and headers of the cells of each row."""
    found = []
    for row in elements(table, "/TR"):
        found.append([])
        for cell in row.K:
            held = next(one for one in cell.A if one.O == "/Table")
            headers = [str(name) for name in held.get("/Headers", ())]
            found[-1].append((str(cell.S), str(held.get("/Scope", "")), headers))
    return found


def test_the_first_cell_of_a_row_becomes_its_header() -> None:
    """Rows have one, named by the other cells with their group's title and their own column's; notes stay."""
    with pikepdf.open(BytesIO(with_row_headers(made()))) as document:
        headed, facts = (cells(table) for table in elements(document.Root.StructTreeRoot, "/Table"))
        tree = pikepdf.NameTree(document.Root.StructTreeRoot.IDTree)
        names = list(tree)
        reached = [str(tree[name].ID) for name in names]
    head, age, group, sex, note = headed
    column = [("/TH", "/Column", [])] * 2
    assert head == column
    assert age[0][:2] == ("/TH", "/Row")
    assert age[1][2][0] == "T0r0"
    assert len(age[1][2]) == 2
    assert group[0][:2] == ("/TH", "/Column")
    assert (sex[0][:2], sex[1][0], sex[1][2][0]) == (("/TH", "/Row"), "/TD", "T0r2")
    assert group[0][2] == []
    assert len(sex[1][2]) == 3
    assert sex[1][2][2] == age[1][2][1]
    assert sex[1][2][1] not in age[1][2]
    assert [cell[0] for cell in note] == ["/TD"]
    assert facts == [
        [("/TH", "/Row", []), ("/TD", "", ["T1r0"])],
        [("/TH", "/Row", []), ("/TD", "", ["T1r1"])],
    ]
    assert names == sorted(names)
    assert reached == names
    assert {"T0r0", "T0r2", "T1r0", "T1r1"} < set(names)


def test_the_same_bytes_come_out_and_the_text_stays() -> None:
    """It gives the same bytes for the same report, changes no text, and finds nothing to do a second time."""
    once = with_row_headers(made())
    assert with_row_headers(made()) == once
    assert with_row_headers(once) == once
    assert text_of(once) == text_of(made())


def test_what_has_no_tags_stays_and_what_is_no_pdf_is_refused() -> None:
    """A document without tags comes back as it is, for the check to name; other bytes are refused in one line."""
    plain = typst.compile(b"Text", format="pdf", pdf_tags=False)
    assert with_row_headers(plain) == plain
    with pytest.raises(DataError, match="cannot be read as PDF"):
        with_row_headers(b"%PDF-1.7 and nothing else")
