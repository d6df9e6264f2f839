"""Workbooks as texts: sheets that openpyxl wrote, and what a sheet may hold that a table may not."""

import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from medicore.errors import DataError
from medicore.records.delivery.programs import workbook
from medicore.records.delivery.programs.workbook import read_workbook
from medicore.records.delivery.programs.workbook_numbers import kind_of_number_format, text_of_cell

PATIENT = "Zaphod"
HEAD = ["id", "x"]


def written(rows: list[list[Any]], work: Callable[[Any, Any], object] | None = None) -> bytes:
    """Return a workbook with these rows; ``work`` may change book and sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if work:
        work(book, sheet)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def without(data: bytes, part: str, *, instead: bytes | None = None, old: bytes = b"") -> bytes:
    """Return the workbook without one of its parts, or with bytes of it replaced."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            if name != part:
                target.writestr(name, source.read(name))
            elif instead is not None:
                target.writestr(name, source.read(name).replace(old, instead))
    return stream.getvalue()


def test_cells_become_texts() -> None:
    """Texts stay, numbers are spelled shortest, days, moments and times are ISO 8601, empty cells are empty."""
    found = read_workbook(
        written(
            [
                ["id", "x", "d", "m", "t", "b", "mixed"],
                ["001", 0.1, date(2024, 1, 2), datetime(2024, 1, 2, 3, 4, 5), time(3, 4, 5), True, 1],  # noqa: DTZ001
                ["  é\x0d", None, None, None, None, False, "one"],
            ]
        ),
        "x.xlsx",
    )
    table = found["Sheet"]
    assert table.table.rows == (
        ("001", "0.1", "2024-01-02", "2024-01-02T03:04:05", "03:04:05", "true", "1"),
        ("  é\r", "", "", "", "", "false", "one"),
    )
    kinds = [column.kind for column in table.columns]
    assert kinds == ["text", "number", "date", "moment", "time", "truth", "text"]


def test_each_sheet_is_a_table_and_empty_ones_are_left_out() -> None:
    """Sheets are data sets by their names; one without cells is none."""

    def more(book: Any, _: Any) -> None:
        book.create_sheet("second").append(["a"])
        book.create_sheet("empty")
        book.create_chartsheet("picture")

    assert [*read_workbook(written([HEAD, ["1", 2]], more), "x")] == ["Sheet", "second"]


@pytest.mark.parametrize(
    ("rows", "work", "problem"),
    [
        ([HEAD, [PATIENT, "=1+1"]], None, "in sheet 1 a formula in cell B2"),
        ([HEAD, [PATIENT, 1]], lambda _, sheet: sheet.merge_cells("A3:B3"), "merged cells A3:B3"),
        ([HEAD, [PATIENT, "#N/A"]], lambda _, sheet: setattr(sheet["B2"], "data_type", "e"), "an error in place of a value in cell B2"),
        ([HEAD, [PATIENT, 10**16]], None, "a number in cell B2 that is rounded or no day"),
        ([HEAD, [PATIENT, 60]], lambda _, sheet: setattr(sheet["B2"], "number_format", "d/m/yy"), "a number in cell B2"),
        ([["id"], ["1", PATIENT]], None, "a value in cell B2 without a name"),
        ([HEAD, ["1", 1], [None, None], [PATIENT, 2]], None, "a blank row 3 above others"),
        ([[None, "x"], [PATIENT, 1]], None, "one without a name"),
        ([["x", "x"], [PATIENT, 1]], None, "two of the same name"),
        ([], None, "no sheet with a table"),
    ],
)  # fmt: skip
def test_what_no_table_holds_is_refused(
    rows: list[list[Any]], work: Callable[[Any, Any], object] | None, problem: str
) -> None:
    """The message gives the address and never the value."""
    with pytest.raises(DataError, match=problem) as caught:
        read_workbook(written(rows, work), "x.xlsx")
    assert "\n" not in str(caught.value)
    assert PATIENT not in str(caught.value)


WHOLE = written([HEAD, ["1", 2]])
SHEET = WHOLE.index(b"xl/worksheets/sheet1.xml") + 30


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not a whole workbook"),
        (WHOLE[:-30], "not a whole workbook"),
        (WHOLE[:SHEET] + bytes(40) + WHOLE[SHEET + 40 :], "not a whole workbook"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "encrypted, or a workbook of Excel before 2007"),
        (without(WHOLE, "xl/worksheets/sheet1.xml"), "not a whole workbook"),
        (without(WHOLE, "xl/workbook.xml", old=b"<workbook ", instead=b'<!DOCTYPE x><workbook '), "a document type"),
    ],
)  # fmt: skip
def test_damaged_files_are_refused(data: bytes, problem: str) -> None:
    """What is cut, damaged, encrypted or could declare entities is refused in one line (FAULTS 33)."""
    with pytest.raises(DataError, match=problem) as caught:
        read_workbook(data, "x.xlsx")
    assert "\n" not in str(caught.value)


def test_a_workbook_that_grows_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size after decompression is known before anything is decompressed."""
    monkeypatch.setattr(workbook, "_LARGEST", 100)
    with pytest.raises(DataError, match="MiB after decompression"):
        read_workbook(WHOLE, "x")


def of_parts(**parts: bytes) -> bytes:
    """Return a workbook with these bytes as its sheet, shared texts or styles, and without the others of openpyxl."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(WHOLE)) as source, zipfile.ZipFile(stream, "w") as target:
        for name in source.namelist():
            if not name.startswith(("xl/worksheets/", "xl/sharedStrings", "xl/styles")):
                target.writestr(name, source.read(name))
        for part, data in parts.items():
            target.writestr({"sheet": "xl/worksheets/sheet1.xml"}.get(part, f"xl/{part}.xml"), data)
    return stream.getvalue()


def test_cells_without_addresses_and_without_styles_are_read() -> None:
    """Some writers leave out the addresses of rows and cells, the styles, and the shared texts."""
    sheet = (
        b"<worksheet xmlns='u'><sheetData><row><c t='inlineStr'><is><t>id</t></is></c><c t='str'><v>d</v></c></row>"
        b"<row><c><v>7</v></c><c t='d'><v>2024-01-02</v></c></row></sheetData></worksheet>"
    )
    found = read_workbook(of_parts(sheet=sheet), "x")["Sheet"].table
    assert (found.columns, found.rows) == (("id", "d"), (("7", "2024-01-02"),))


def test_shared_texts_are_read_without_their_reading_aids() -> None:
    """A text may be in several runs, with escapes, and with a phonetic guide that is no part of it."""
    shared = b"<sst xmlns='u'><si><t>id</t></si><si><r><t>ka</t></r><r><t>ta_x000D_</t></r><rPh><t>guide</t></rPh></si><si/></sst>"
    sheet = (
        b"<worksheet xmlns='u'><sheetData><row r='1'><c r='A1' t='s'><v>0</v></c></row>"
        b"<row r='2'><c r='A2' t='s'><v>1</v></c><c r='B2' t='s'><v>2</v></c><c r='C2'/></row></sheetData></worksheet>"
    )
    found = read_workbook(of_parts(sheet=sheet, sharedStrings=shared), "x")["Sheet"].table
    assert found.rows == (("kata\r",),)
    with pytest.raises(DataError, match="not a whole workbook"):
        read_workbook(of_parts(sheet=sheet), "x")


@pytest.mark.parametrize(
    ("number", "code", "kind"),
    [
        (0, "", "number"), (14, "", "date"), (22, "", "moment"), (46, "", "time"), (164, "yyyy-mm-dd", "date"),
        (164, '[$-407]d. mmm yyyy;@', "date"), (164, "[h]:mm:ss", "time"), (164, 'dd"."mm"." hh:mm', "moment"),
        (164, '0.00" days"', "number"), (164, "#,##0", "number"), (164, "[Red]General", "number"), (164, "mmm", "date"),
        (164, "@", "number"), (164, "mm:ss.0", "time"),
    ],
)  # fmt: skip
def test_number_formats_show_kinds(number: int, code: str, kind: str) -> None:
    """A format shows days, hours, both, or a number; what it writes in quotes counts for nothing."""
    assert kind_of_number_format(number, code) == kind


@pytest.mark.parametrize(
    ("value", "kind", "epoch_1904", "text"),
    [
        ("59", "date", False, "1900-02-28"), ("61", "date", False, "1900-03-01"), ("60", "date", False, None),
        ("45293", "date", True, "2028-01-03"), ("45293.5", "date", False, "2024-01-02T12:00:00"), ("0", "date", True, "1904-01-01"),
        ("-1", "date", False, None), ("-1", "date", True, None), ("1.5", "time", False, "1.5"), ("0.75", "time", False, "18:00:00"),
        ("0.30000000000000004", "number", False, "0.30000000000000004"), ("999999999999999", "number", False, "999999999999999"),
        ("1e15", "number", False, None),
    ],
)  # fmt: skip
def test_days_are_counted_as_excel_counts_them(
    value: str, kind: Any, epoch_1904: bool, text: str | None
) -> None:
    """Both calendars are known, and so is the day in 1900 that never was; what was rounded is no value."""
    assert text_of_cell(value, kind, epoch_1904) == text


def test_blanks_between_elements_are_no_value() -> None:
    """A program that indents its sheets writes the same table."""
    data = written([HEAD, ["S-1", 2]])
    indented = without(data, "xl/worksheets/sheet1.xml", instead=b" \n <row", old=b"<row")
    assert (
        read_workbook(indented, "x.xlsx")["Sheet"].table.rows
        == read_workbook(data, "x.xlsx")["Sheet"].table.rows
    )
