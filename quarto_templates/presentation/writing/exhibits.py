"""Tables of any kind: columns, header and rows as the Typst template takes them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from presentation.writing.typst import Code, Value, call, joined

_MOST_LINES_ON_ONE_PAGE = 32
_CHARACTERS_PER_LINE = 55
_MOST_ON_ONE_PAGE = 3000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``indented`` below a group's title, ``titled`` level with one, ``total`` heavy, ``loose`` with air.

    ``cited`` is the reference of its numbers; it stands after the first cell.
    """

    cells: tuple[str | Code, ...]
    kind: str = "row"
    cited: Code | None = None

    @property
    def lines(self) -> float:
        """About how many lines of a page the row takes."""
        longest = max(len(cell) for cell in self.cells)
        return max(1.0, longest / _CHARACTERS_PER_LINE) + (1 if self.kind == "loose" else 0)

    def source(self) -> dict[str, Value]:
        """Return the row as the template takes it."""
        first, *others = self.cells
        cells = self.cells if self.cited is None else (joined(first, self.cited), *others)
        return {"kind": self.kind, "cells": cells, "whole": self.lines < _MOST_LINES_ON_ONE_PAGE / 2}


@dataclass(frozen=True, slots=True)
class Group:
    """The title of the rows that follow."""

    title: str

    @property
    def lines(self) -> float:
        """About how many lines of a page the title takes."""
        return 1.5 + len(self.title) / (2 * _CHARACTERS_PER_LINE)

    def source(self) -> dict[str, Value]:
        """Return the title as the template takes it."""
        return {"kind": "group", "title": self.title}


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
    """Return the call that sets a numbered table; its header is repeated on every page that it reaches."""
    kept = list(rows)
    return call(
        "data-table",
        f"Table {number}",
        title,
        [Code(column.width) for column in columns],
        [Code(column.align) for column in columns],
        [column.heading for column in columns],
        [row.source() for row in kept],
        whole=sum(row.lines for row in kept) <= _MOST_LINES_ON_ONE_PAGE,
        note=note,
        source=source,
    )


def facts(
    number: str,
    title: str,
    pairs: Iterable[tuple[str, str | Code]],
    *,
    note: str | None = None,
    source: str | None = None,
) -> Code:
    """Return the call that sets a numbered table of names and texts."""
    kept = [list(pair) for pair in pairs]
    # Texts of a protocol can be longer than a page.
    whole = sum(len(value) for pair in kept for value in pair) < _MOST_ON_ONE_PAGE
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
    """Return the call that sets a numbered drawing with its alternative text."""
    return call(
        "drawing", f"Figure {number}", title, alternative, body, whole=whole, note=note, source=source
    )
