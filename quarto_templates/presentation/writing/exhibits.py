"""Numbered tables and figures: columns, header and rows in the form that the Typst template takes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from presentation.writing.typst import Code, Value, call, joined

_MOST_LINES_KEPT_TOGETHER = 9
_MOST_LINES_OF_A_ROW = 16
_CHARACTERS_PER_LINE = 55
_MOST_CHARACTERS_KEPT_TOGETHER = 900


@dataclass(frozen=True, slots=True)
class Row:
    """One row. The style is ``indented`` (below a group's title), ``titled`` (like a title), ``total`` (bold) or ``loose``.

    ``cited`` is the reference of the row's numbers; it is printed after the first cell.
    """

    cells: tuple[str | Code, ...]
    kind: str = "row"
    cited: Code | None = None

    @property
    def lines(self) -> float:
        """The approximate number of lines that the row takes on a page."""
        longest = max(len(cell) for cell in self.cells)
        return max(1.0, longest / _CHARACTERS_PER_LINE) + (1 if self.kind == "loose" else 0)

    def source(self) -> dict[str, Value]:
        """Return the row in the form that the template takes."""
        first, *others = self.cells
        cells = self.cells if self.cited is None else (joined(first, self.cited), *others)
        return {"kind": self.kind, "cells": cells, "whole": self.lines < _MOST_LINES_OF_A_ROW}


@dataclass(frozen=True, slots=True)
class Group:
    """The title of the rows that follow; ``repeated`` on the next page where these go on, if they are all below it."""

    title: str
    repeated: bool = False

    @property
    def lines(self) -> float:
        """The approximate number of lines that the title takes on a page."""
        return 1.5 + len(self.title) / (2 * _CHARACTERS_PER_LINE)

    def source(self) -> dict[str, Value]:
        """Return the title in the form that the template takes."""
        return {"kind": "group", "title": self.title, "repeated": self.repeated}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the lines of its heading, its alignment and its width in Typst's terms."""

    heading: tuple[str, ...]
    align: str = "right"
    width: str = "auto"


def table(
    number: str,
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Row | Group],
    *,
    note: str | Code | None = None,
    source: str | None = None,
) -> Code:
    """Return the call that prints a numbered table; its header is repeated on every page of the table."""
    kept = _repeating(list(rows))
    return call(
        "data-table",
        f"Table {number}",
        title,
        [Code(column.width) for column in columns],
        [Code(column.align) for column in columns],
        [column.heading for column in columns],
        [row.source() for row in kept],
        whole=sum(row.lines for row in kept) <= _MOST_LINES_KEPT_TOGETHER,
        note=note,
        source=source,
    )


def _repeating(rows: list[Row | Group]) -> list[Row | Group]:
    """Return the rows, with each title repeated of which all rows up to the next title are indented."""
    made: list[Row | Group] = []
    below = True
    for row in reversed(rows):
        if isinstance(row, Group):
            made.append(Group(row.title, below))
            below = True
        else:
            made.append(row)
            below = below and row.kind == "indented"
    return made[::-1]


def facts(
    number: str,
    title: str,
    pairs: Iterable[tuple[str, str | Code]],
    *,
    note: str | None = None,
    source: str | None = None,
) -> Code:
    """Return the call that prints a numbered table of names and texts."""
    kept = [list(pair) for pair in pairs]
    # A longer table breaks between its rows, so that no page is left half empty.
    whole = sum(len(value) for pair in kept for value in pair) < _MOST_CHARACTERS_KEPT_TOGETHER
    return call("facts-table", f"Table {number}", title, kept, whole=whole, note=note, source=source)


def figure(
    number: str,
    title: str,
    alternative: str,
    body: Code,
    *,
    whole: bool = True,
    note: str | None = None,
    source: str | None = None,
) -> Code:
    """Return the call that prints a numbered drawing with its alternative text."""
    return call(
        "drawing", f"Figure {number}", title, alternative, body, whole=whole, note=note, source=source
    )


def where_it_fits(exhibit: Code, after: Sequence[Code]) -> Code:
    """Return the call that prints an exhibit and then ``after``, or first ``after`` where a page has no room for the exhibit."""
    return call("where-it-fits", exhibit, *after)
