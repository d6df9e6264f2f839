"""A workbook in XLSX (ECMA-376, transitional): a sheet a table, numbers as numbers, the same bytes for the same tables.

Python's usual writers of XLSX print a number with 16 digits, and so change the last bit of every second one. This one
prints the shortest decimal text that gives the same number again.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from medicore.errors import DataError
from medicore.records.export.packing import zip_of
from medicore.records.results.result_tables import Value

LONGEST_NAME = 31
"""The most characters that the name of a sheet may have."""

_LONGEST_TEXT, _MOST_ROWS, _MOST_COLUMNS = 32_767, 1_048_576, 16_384
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_EXACT = 1 << 53
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""Characters that XML does not hold or changes, and an underscore that would begin the escape of one (18.18.22)."""

_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill '
    'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border>'
    '<left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" '
    'fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" '
    'borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a workbook: its ``columns``, its ``rows``, and how many ``fixed`` first columns stay in view."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Value]]
    fixed: int = 0


def workbook(sheets: Mapping[str, Sheet]) -> bytes:
    """Return a workbook of ``sheets`` by their names; the same sheets give the same bytes.

    A number is a number, a truth value a truth value, a text a text (never a formula), and None an empty cell. An
    integer that no double holds is a text. The first row of each sheet stays in view.

    Raises
    ------
    DataError
        When a name, a text, or the number of rows or columns exceeds what a sheet holds.
    """
    parts = {
        f"xl/worksheets/sheet{place}.xml": _sheet(name, sheet) for place, (name, sheet) in _placed(sheets)
    }
    return zip_of(
        {name: text.encode() for name, text in {**_frame(tuple(sheets)), **parts}.items()}, folder=""
    )


def _placed(sheets: Mapping[str, Sheet]) -> Iterator[tuple[int, tuple[str, Sheet]]]:
    for place, (name, sheet) in enumerate(sheets.items(), start=1):
        if len(name) > LONGEST_NAME or re.search(r"[\[\]:*?/\\]", name):
            raise DataError(
                f"table {name!r} has no valid name for a sheet; expected {LONGEST_NAME} characters at most, none of "
                "[]:*?/\\; use another format"
            )
        if len(sheet.rows) >= _MOST_ROWS or len(sheet.columns) > _MOST_COLUMNS:
            raise DataError(
                f"table {name} has {len(sheet.rows)} rows and {len(sheet.columns)} columns; expected fewer than "
                f"{_MOST_ROWS} rows and {_MOST_COLUMNS} columns at most, as a sheet holds; use another format"
            )
        yield place, (name, sheet)


def _frame(names: Sequence[str]) -> dict[str, str]:
    """Return the parts of the package that lead to the sheets."""
    places = range(1, len(names) + 1)
    entries = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{place}" r:id="rId{place}"/>'
        for place, name in zip(places, names, strict=True)
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{place}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for place in places
    )
    relations = "".join(_relation(place, "worksheet", f"worksheets/sheet{place}.xml") for place in places)
    return {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{types}</Types>',
        "_rels/.rels": _relations(_relation(1, "officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": _relations(
            relations + _relation(len(names) + 1, "styles", "styles.xml")
        ),
        "xl/styles.xml": _STYLES,
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{entries}</sheets></workbook>',
    }


def _relation(place: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{place}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _relations(entries: str) -> str:
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'


def _sheet(name: str, sheet: Sheet) -> str:
    rows = [_row(name, 1, sheet.columns, style=' s="1"')]
    rows += [_row(name, number, row) for number, row in enumerate(sheet.rows, start=2)]
    across = f'xSplit="{sheet.fixed}" ' if sheet.fixed else ""
    pane = "bottomRight" if sheet.fixed else "bottomLeft"
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane {across}ySplit="1" '
        f'topLeftCell="{_letters(sheet.fixed)}2" activePane="{pane}" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{_widths(sheet)}</cols><sheetData>{''.join(rows)}</sheetData></worksheet>"
    )


def _widths(sheet: Sheet) -> str:
    """Return the widths of the columns: as wide as their longest cell, within bounds that a screen takes."""
    made = []
    for place, column in enumerate(sheet.columns):
        longest = max([len(column), *(len(str(row[place])) for row in sheet.rows if row[place] is not None)])
        width = min(max(longest, 8), 48) + 2
        made.append(f'<col min="{place + 1}" max="{place + 1}" width="{width}" customWidth="1"/>')
    return "".join(made)


def _row(name: str, number: int, values: Sequence[Value], style: str = "") -> str:
    cells = "".join(
        _cell(name, f'r="{_letters(place)}{number}"{style}', value)
        for place, value in enumerate(values)
        if value is not None
    )
    return f'<row r="{number}">{cells}</row>'


def _cell(name: str, place: str, value: Value) -> str:
    if isinstance(value, bool):
        return f'<c {place} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, float) or (isinstance(value, int) and abs(value) <= _EXACT):
        return f"<c {place}><v>{value!r}</v></c>"
    text = str(value)
    if len(text) > _LONGEST_TEXT:
        raise DataError(
            f"table {name} has a text of {len(text)} characters; expected {_LONGEST_TEXT} at most, as a cell holds; use "
            "another format"
        )
    shown = escape(_UNPRINTABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text))
    return f'<c {place} t="inlineStr"><is><t xml:space="preserve">{shown}</t></is></c>'


def _letters(place: int) -> str:
    """Return the letters of a column by its place from zero: A, B, ... Z, AA."""
    made, rest = "", place + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        made = chr(ord("A") + digit) + made
    return made
