"""Delimited files as texts: every text stays as it is in the file."""

import csv
import io
from dataclasses import dataclass

from medicore.errors import DataError
from medicore.records.delivery.reading import DELIMITERS, NAMED_DELIMITERS, PLAIN, Reading, decoded

_AGAIN = "have the file exported again"
_NOT_A_COMMA = tuple(mark for mark in DELIMITERS if mark != ",")


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table of texts: a header and rows; every row has as many texts as the header.

    ``commas`` names the columns whose numbers have a decimal comma, by the declaration of their file.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    commas: frozenset[str] = frozenset()

    def column(self, name: str) -> tuple[str, ...]:
        """Return the texts of the column called ``name``, ``(n,)``."""
        place = self.columns.index(name)
        return tuple(row[place] for row in self.rows)


def read_delimited(data: bytes, name: str, reading: Reading = PLAIN) -> TextTable:
    """Return the file ``data``, RFC 4180 but for its delimiter, as texts; ``name`` names it in error messages.

    Encoding and delimiter are those of ``reading``; a first line such as ``sep=;``, which Excel writes, declares the
    delimiter too. Empty lines are skipped. Messages give counts and places and never the file's contents.

    Raises
    ------
    DataError
        When the bytes are not in the encoding, a quotation mark is not closed, there is no header, the header shows
        another delimiter, two columns have the same name, or a row has more or fewer fields than the header.
    """
    text, delimiter, _ = delimited_text(data, name, reading)
    try:
        found = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
        lines = [tuple(row) for row in found if row]
    except csv.Error as error:
        raise DataError(
            f"{name} is not CSV by RFC 4180 ({error}); expected closed quotations; {_AGAIN}"
        ) from error
    if not lines:
        raise DataError(f"{name} is empty; expected a header line; {_AGAIN}")
    # Before the row names: a decimal comma in each row looks like one.
    _require_delimiter(lines[0], name, delimiter)
    header, rows = _without_row_names(lines[0], tuple(lines[1:]), name, reading)
    if len(set(header)) != len(header):
        raise DataError(
            f"{name} has columns of the same name; expected {len(header)} different ones; {_AGAIN}"
        )
    _require_width(header, rows, name)
    return TextTable(header, rows)


def delimited_text(data: bytes, name: str, reading: Reading) -> tuple[str, str, int]:
    """Return the characters of a file without a first line that declares the delimiter, the delimiter, and the lines left out.

    Raises
    ------
    DataError
        When the bytes are not in the encoding, or the first line declares another delimiter than ``reading``.
    """
    text = decoded(data, name, reading.encoding)
    first, end, rest = text.partition("\n")
    declared = first.removesuffix("\r")
    if not (declared[:4].lower() == "sep=" and end):
        return text, reading.delimiter or ",", 0
    mark = declared[4:]
    if mark not in DELIMITERS or reading.delimiter not in {None, mark}:
        raise DataError(
            f"{name} declares a delimiter in its first line (sep=) that is unknown or not the one of its manifest; "
            f"expected one of {', '.join(DELIMITERS.values())}; correct the manifest, or {_AGAIN}"
        )
    return rest, mark, 1


def _require_delimiter(header: tuple[str, ...], name: str, delimiter: str) -> None:
    """Raise DataError when the header is one column whose name holds another delimiter."""
    if len(header) > 1:
        return
    counts = {mark: header[0].count(mark) for mark in (*_NOT_A_COMMA, ",") if mark != delimiter}
    mark = max(counts, key=lambda one: counts[one])
    if counts[mark]:
        shown = next(word for word, named in NAMED_DELIMITERS.items() if named == mark)
        raise DataError(
            f"{name} has one column, whose name holds {counts[mark]} {DELIMITERS[mark]}; expected "
            f"{DELIMITERS[delimiter]} between columns; declare the delimiter in the manifest ('medicore edc manifest "
            f"--delimiter {shown}'), or {_AGAIN}"
        )


def _without_row_names(
    header: tuple[str, ...], rows: tuple[tuple[str, ...], ...], name: str, reading: Reading
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return header and rows without the names of the rows, if they are declared; R writes them before the first column."""
    wider = bool(rows) and all(len(row) == len(header) + 1 for row in rows)
    if not reading.row_names:
        if wider:
            raise DataError(
                f"{name} has one field more in each of its {len(rows)} rows than in its header, as with row names; "
                f"expected {len(header)}; declare them in the manifest ('medicore edc manifest --row-names'), or {_AGAIN}"
            )
        return header, rows
    if header[:1] == ("",) and not wider:
        return header[1:], tuple(row[1:] for row in rows)
    if not wider and rows:
        raise DataError(
            f"{name} has no row names; expected rows one field wider than the header, or a first column without a "
            f"name, by its manifest; correct the manifest, or {_AGAIN}"
        )
    return header, tuple(row[1:] for row in rows)


def _require_width(header: tuple[str, ...], rows: tuple[tuple[str, ...], ...], name: str) -> None:
    ragged = [number for number, row in enumerate(rows, start=1) if len(row) != len(header)]
    if not ragged:
        return
    if ragged == [len(rows)] and rows[-1] == ("EOF",):
        raise DataError(
            f"{name} ends with the line EOF, as Rave's clinical views do; expected rows alone in the format csv; "
            "announce it in the format rave-csv ('medicore edc manifest --format rave-csv')"
        )
    raise DataError(
        f"{name} has {len(ragged)} row(s) that are not as wide as the header, the first is row {ragged[0]}; expected "
        f"{len(header)} fields in each; {_AGAIN}"
    )
