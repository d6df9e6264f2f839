"""The results as one data set: a row for each value of the report's tables, within the limits of SAS transport files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from medicore.records.handover.source import Source
from medicore.records.results.result_tables import Value, columns_of, table_rows

NAME, LABEL = "RESULTS", "Analysis results, a row per value"
STRUCTURE = "One record per value of a table of the report"
LONGEST_TEXT = 200
"""The most bytes of a text in one variable of a SAS transport file of version 5."""

VALUE_TYPES = {
    "float": "Number with a fraction",
    "integer": "Whole number",
    "text": "Text",
    "truth": "true or false",
    "missing": "No value",
}
"""The values of VALTYPE, and what they mean."""

Kind = Literal["text", "integer", "float"]
Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: its ``name``, its ``label``, its ``kind``, its place among the keys (0 for none), and its description."""

    name: str
    label: str
    kind: Kind
    key: int
    description: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """The variables, and the rows with a cell for each; a missing number is None, a missing text is empty."""

    variables: tuple[Variable, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def width(self, place: int) -> int:
        """Return the most bytes (UTF-8) of the texts of the variable at ``place``, at least 1."""
        return max([1, *(len(str(row[place]).encode()) for row in self.rows)])


_FIXED = (
    Variable("STUDYID", "Study Identifier", "text", 0, "The study's identifier in its protocol"),
    Variable("RUNID", "Run Identifier", "text", 0, "Study, month and number of the sealed run"),
    Variable("TABLE", "Table of the Report", "text", 1, "Number of the table in the report and a word for its content"),
    Variable("ROWSEQ", "Row of the Table", "integer", 2, "Number of the row in the table, from 1"),
    Variable("COLSEQ", "Column of the Table", "integer", 3, "Number of the column in the table, from 1"),
    Variable("REFID", "Reference in the Report", "text", 0, "The reference that the report prints, as R12"),
    Variable("PATH", "Path of the Row in results.json", "text", 0, "Keys and list indexes, joined by dots"),
    Variable("COLUMN", "Key below the Path", "text", 0, "Keys below the path, joined by dots; 'value' for the path itself"),
    Variable("VALTYPE", "Type of the Value", "text", 0, "What the value is in results.json"),
    Variable("AVAL", "Analysis Value", "float", 0, "The value, if it is a number"),
)  # fmt: skip
_TEXT = "The value as text: numbers with every digit; a long text goes on in AVALC1, AVALC2 and so on"


def results_dataset(source: Source, results: Mapping[str, Any]) -> Dataset:
    """Return every value of the tables of a run's results: numbers in AVAL, and everything as text in AVALC.

    A text of more than ``LONGEST_TEXT`` bytes is cut into AVALC, AVALC1, ...; joined, they are the text again.
    """
    found = list(_values(source, results))
    count = max([1, *(len(parts) for _, parts in found)])
    texts = tuple(
        Variable(
            f"AVALC{place or ''}",
            f"Analysis Value (C){f', Part {place + 1}' if place else ''}",
            "text",
            0,
            _TEXT,
        )
        for place in range(count)
    )
    rows = tuple((*row, *parts, *[""] * (count - len(parts))) for row, parts in found)
    return Dataset((*_FIXED, *texts), rows)


def _values(source: Source, results: Mapping[str, Any]) -> Iterator[tuple[tuple[Cell, ...], list[str]]]:
    """Yield the fixed cells of each row, and the parts of its text."""
    for table, rows in table_rows(results).items():
        places = {name: place for place, name in enumerate(columns_of(rows)[2:], start=1)}
        for number, row in enumerate(rows, start=1):
            reference, path = str(row["reference"] or ""), str(row["path"])
            for column, value in list(row.items())[2:]:
                where = (source.study, source.run, table, number, places[column], reference, path, column)
                yield (*where, _type(value), _number(value)), parts_of(_text(value))


def _type(value: Value) -> str:
    if value is None:
        return "missing"
    return {bool: "truth", int: "integer", float: "float"}.get(type(value), "text")


def _number(value: Value) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def parts_of(text: str) -> list[str]:
    """Return ``text`` in parts of at most ``LONGEST_TEXT`` bytes (UTF-8).

    A part ends before a blank rather than after it, because SAS removes the blanks at the end of a text.
    """
    made = []
    while len(text.encode()) > LONGEST_TEXT:
        part = text.encode()[:LONGEST_TEXT].decode("utf-8", errors="ignore")
        part = part.rstrip(" ") or part
        made.append(part)
        text = text[len(part) :]
    return [*made, text]
