"""Comma-separated files as texts: every text stays as it is in the file."""

import csv
import io
from dataclasses import dataclass

from medicore.errors import DataError


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table of texts: a header and rows; every row has as many texts as the header."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> tuple[str, ...]:
        """Return the texts of the column called ``name``, ``(n,)``."""
        place = self.columns.index(name)
        return tuple(row[place] for row in self.rows)


def read_delimited(data: bytes, name: str) -> TextTable:
    """Return the RFC 4180 file ``data`` as texts; ``name`` names it in error messages.

    The file is UTF-8, with or without a byte-order mark. Empty lines are skipped. Messages give counts and never the
    file's contents.

    Raises
    ------
    DataError
        When the bytes are not UTF-8, a quotation mark is not closed, there is no header, two columns have the same
        name, or a row has more or fewer fields than the header.
    """
    again = "have the file exported again"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Not chained: the cause would carry the whole file into a traceback.
        place = error.start
        raise DataError(f"{name} is not UTF-8 from byte {place} on; expected UTF-8; {again}") from None
    try:
        lines = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise DataError(
            f"{name} is not CSV by RFC 4180 ({error}); expected closed quotations; {again}"
        ) from error
    if not lines:
        raise DataError(f"{name} is empty; expected a header line; {again}")
    header, rows = lines[0], tuple(lines[1:])
    if len(set(header)) != len(header):
        raise DataError(
            f"{name} has columns of the same name; expected {len(header)} different ones; {again}"
        )
    ragged = sum(len(row) != len(header) for row in rows)
    if ragged:
        raise DataError(
            f"{name} has {ragged} row(s) that are not as wide as the header; expected {len(header)} fields in "
            f"each; {again}"
        )
    return TextTable(header, rows)
