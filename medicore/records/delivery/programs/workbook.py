"""Workbooks (``.xlsx``) as texts: each sheet is a table whose first row has the names of the columns.

ECMA-376, part 1, SpreadsheetML. What a sheet shows but no table can hold is refused with its cell's address.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import NoReturn
from xml.parsers import expat

from medicore.errors import DataError
from medicore.records.delivery.described import Described, DescribedTable, Kind, as_table
from medicore.records.delivery.programs.workbook_numbers import kind_of_number_format, text_of_cell

_LARGEST = 512 << 20
"""The largest number of bytes of a workbook's parts after decompression."""

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_AGAIN = "correct the sheet, or have the data exported as CSV"


class _RefusedError(Exception):
    """The workbook is refused; the message says what was found, and what was expected."""


@dataclass(slots=True)
class _Cell:
    """A cell that is being read."""

    address: str
    column: int
    row: int
    kind: str
    style: int
    value: str = ""


@dataclass(slots=True)
class _Sheet:
    """The cells of a sheet with something in them: their texts, and the kinds of values in each column below the first row."""

    shared: list[str]
    formats: list[Kind]
    epoch_1904: bool
    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    kinds: dict[int, set[Kind]] = field(default_factory=dict)
    cell: _Cell | None = None
    inside: bool = False
    row: int = 0
    column: int = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "row":
            self.row, self.column = int(attributes.get("r", self.row + 1)), 0
        elif name == "c":
            self._begin(attributes)
        elif name == "f":
            address = self.cell.address if self.cell else "?"
            raise _RefusedError(
                f"a formula in cell {address}; expected values alone: copy and paste them as values"
            )
        elif name == "mergeCell":
            raise _RefusedError(
                f"merged cells {attributes.get('ref', '')[:20]}; expected a value in each cell of its own"
            )
        self.inside = name in {"v", "t"}

    def _begin(self, attributes: dict[str, str]) -> None:
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        self.column = _number_of(found[1]) if found else self.column + 1
        row = int(found[2]) if found else self.row
        kind, style = attributes.get("t", "n"), int(attributes.get("s", 0))
        self.cell = _Cell(f"{_letters(self.column)}{row}", self.column, row, kind, style)

    def text(self, part: str) -> None:
        if self.cell is not None and self.inside:
            self.cell.value += part

    def end(self, tag: str) -> None:
        name = _local(tag)
        self.inside = False
        if name == "c" and self.cell is not None:
            self._keep(self.cell)
            self.cell = None

    def _keep(self, cell: _Cell) -> None:
        if cell.value == "" and cell.kind != "s":
            return
        if cell.kind == "e":
            raise _RefusedError(
                f"an error in place of a value in cell {cell.address}; expected a value or an empty cell"
            )
        kind: Kind = "text"
        if cell.kind == "s":
            text = self.shared[int(cell.value)]
        elif cell.kind == "n":
            kind = self.formats[cell.style] if self.formats else "number"
            made = text_of_cell(cell.value, kind, self.epoch_1904)
            if made is None:
                raise _RefusedError(
                    f"a number in cell {cell.address} that is rounded or no day: a workbook keeps 15 digits; expected it as text"
                )
            text = made
        elif cell.kind == "b":
            text, kind = ("true" if cell.value == "1" else "false"), "truth"
        else:
            text = _unescaped(cell.value) if cell.kind != "d" else cell.value
        if text == "":
            return
        self.cells[cell.row, cell.column] = text
        if cell.row > 1:
            self.kinds.setdefault(cell.column, set()).add(kind)


@dataclass(slots=True)
class _Book:
    """What a workbook says of its sheets, shared texts and number formats."""

    sheets: list[tuple[str, str]] = field(default_factory=list)
    targets: dict[str, str] = field(default_factory=dict)
    epoch_1904: bool = False
    shared: list[str] = field(default_factory=list)
    custom: dict[int, str] = field(default_factory=dict)
    formats: list[Kind] = field(default_factory=list)
    path: list[str] = field(default_factory=list)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "sheet":
            key = next((value for name, value in attributes.items() if name.endswith(" id")), "")
            self.sheets.append((attributes.get("name", ""), key))
        elif name == "Relationship":
            self.targets[attributes["Id"]] = attributes["Target"]
        elif name == "workbookPr":
            self.epoch_1904 = attributes.get("date1904", "0") in {"1", "true"}
        elif name == "si":
            self.shared.append("")
        elif name == "numFmt":
            self.custom[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif name == "xf" and self.path[-1:] == ["cellXfs"]:
            number = int(attributes.get("numFmtId", 0))
            self.formats.append(kind_of_number_format(number, self.custom.get(number, "")))
        self.path.append(name)

    def text(self, part: str) -> None:
        # The reading aid of a Japanese text (rPh) is no part of it.
        if self.path[-1:] == ["t"] and "rPh" not in self.path and self.shared:
            self.shared[-1] += part

    def end(self, _: str) -> None:
        self.path.pop()


def read_workbook(data: bytes, name: str) -> dict[str, DescribedTable]:
    """Return the sheets of the workbook in ``data`` as texts, by their names; empty sheets are left out.

    ``name`` names the workbook in error messages, which give addresses and never a value. Numbers become the shortest
    decimal text; those that a cell shows as day, moment or time become ISO 8601; truths ``true`` and ``false``.

    Raises
    ------
    DataError
        When the file is no workbook, is cut, encrypted or too large, or a sheet has a formula, an error, merged cells, a
        whole number of more than 15 digits, a blank row within the table, or a value beyond the row of names.
    """
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise DataError(
            f"{name} is encrypted, or a workbook of Excel before 2007; expected .xlsx without a password; {_AGAIN}"
        )
    try:
        with zipfile.ZipFile(BytesIO(data)) as parts:
            return dict(_tables(parts, name))
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, KeyError, ValueError, IndexError, EOFError, OverflowError,
            NotImplementedError, RuntimeError) as error:  # fmt: skip
        # Not chained, here and below: the cause could contain data of the sheet.
        raise DataError(
            f"{name} is not a whole workbook ({type(error).__name__}); expected .xlsx; have the file exported again"
        ) from None
    except _RefusedError as refused:
        raise DataError(f"{name} has {refused}; {_AGAIN}") from None


def _tables(parts: zipfile.ZipFile, name: str) -> Iterator[tuple[str, DescribedTable]]:
    if sum(part.file_size for part in parts.infolist()) > _LARGEST:
        raise _RefusedError(f"more than {_LARGEST >> 20} MiB after decompression; expected less")
    book = _Book()
    for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        _parse(parts.read(part), book)
    for part in ("xl/sharedStrings.xml", "xl/styles.xml"):
        if part in parts.namelist():
            _parse(parts.read(part), book)
    book.shared = [_unescaped(text) for text in book.shared]
    found = 0
    for place, (title, key) in enumerate(book.sheets, start=1):
        target = book.targets[key].lstrip("/")
        path = target if target.startswith("xl/") else f"xl/{target}"
        if "worksheets/" not in path:
            continue
        sheet = _Sheet(book.shared, book.formats, book.epoch_1904)
        try:
            _parse(parts.read(path), sheet)
            if sheet.cells:
                found += 1
                yield title, _table(sheet, name)
        except _RefusedError as refused:
            raise _RefusedError(f"in sheet {place} {refused}") from None
    if not found:
        raise _RefusedError("no sheet with a table; expected one or more")


def _table(sheet: _Sheet, name: str) -> DescribedTable:
    """Return the cells of a sheet as a table; its first row has the names."""
    width = max((column for row, column in sheet.cells if row == 1), default=0)
    height = max(row for row, _ in sheet.cells)
    beyond = next((place for place in sheet.cells if place[1] > width), None)
    if beyond is not None:
        raise _RefusedError(
            f"a value in cell {_letters(beyond[1])}{beyond[0]} without a name in row 1; expected the names of the columns there"
        )
    filled = {row for row, _ in sheet.cells}
    blank = next((row for row in range(1, height + 1) if row not in filled), None)
    if blank is not None:
        raise _RefusedError(f"a blank row {blank} above others; expected one table without gaps")
    columns = []
    for column in range(1, width + 1):
        kinds = sheet.kinds.get(column, set())
        title = sheet.cells.get((1, column), "")
        described = Described(title, "", next(iter(kinds)) if len(kinds) == 1 else "text")
        columns.append((described, [sheet.cells.get((row, column), "") for row in range(2, height + 1)]))
    return as_table(columns, name)


def _parse(data: bytes, reading: _Book | _Sheet) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.Parse(data, True)


def _refuse_doctype(*_: object) -> NoReturn:
    raise _RefusedError("a document type, in which entities could be declared; expected none")


def _local(tag: str) -> str:
    """Return the name of an element without its namespace, of which there are two: transitional and strict."""
    return tag.rpartition(" ")[2]


def _number_of(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _unescaped(text: str) -> str:
    """Return a text without the escapes by which a workbook writes characters that XML cannot hold."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
