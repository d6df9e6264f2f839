"""Reads from a PDF how far down each page is used, how small its text is, and where its sections begin."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Matrix

MILLIMETRE = 72 / 25.4
TOP = 31 * MILLIMETRE
BOTTOM = 25 * MILLIMETRE
"""The margins of a page above and below what is counted; style.typ sets them."""

_POINTS = {
    "re": ((0, 1), (2, 3)),
    "m": ((0, 1),),
    "l": ((0, 1),),
    "c": ((4, 5),),
    "v": ((2, 3),),
    "y": ((2, 3),),
}
_PAINTED = frozenset({"S", "s", "f", "F", "f*", "B", "B*", "b", "b*"})


@dataclass(frozen=True, slots=True)
class Mark:
    """A text or a painted shape: its lowest ``y`` in points from the lower edge; a text also has its size and font."""

    y: float
    size: float | None = None
    font: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is used: the share of its height down to its lowest mark, and whether a section begins at its top."""

    number: int
    filled: float
    begins: frozenset[str]
    marks: tuple[Mark, ...]


def pages(pdf: bytes) -> list[Page]:
    """Return the pages of a report as they are used."""
    with pikepdf.open(BytesIO(pdf)) as document:
        begins = _sections(document)
        return [_page(number, page, begins) for number, page in enumerate(document.pages, start=1)]


def half_empty(pdf: bytes, least: float = 0.6) -> list[str]:
    """Return each page that is used less than ``least``, except a section's last one and the page for signatures."""
    read = pages(pdf)
    following = [*(page.begins for page in read[1:]), frozenset({"the end"})]
    return [
        f"page {page.number}: {page.filled:.0%}"
        for page, after in zip(read, following, strict=True)
        if page.filled < least and not after
    ]


def _page(number: int, page: pikepdf.Page, begins: dict[int, set[str]]) -> Page:
    height = float(page.mediabox[3])
    marks = tuple(_marks(page))
    body = [mark.y for mark in marks if BOTTOM - 2 <= mark.y <= height - TOP]
    used = height - TOP - min(body, default=height - TOP)
    return Page(number, used / (height - TOP - BOTTOM), frozenset(begins.get(number, set())), marks)


def _sections(document: pikepdf.Pdf) -> dict[int, set[str]]:
    """Return the sections of the first level that begin at the top of a page, by the page's number."""
    numbers = {page.objgen: number for number, page in enumerate(document.pages, start=1)}
    found: dict[int, set[str]] = {}
    with document.open_outline() as outline:
        for item in outline.root:
            destination: Any = item.destination
            page, y = destination[0], float(destination[3])
            if y > float(page.MediaBox[3]) - TOP - 4 * MILLIMETRE:
                found.setdefault(numbers[page.objgen], set()).add(item.title)
    return found


def _marks(page: pikepdf.Page) -> Iterator[Mark]:
    """Yield what a page's content paints, in its order."""
    pen, kept = _Pen(), []
    for one in pikepdf.parse_content_stream(page):
        operator, operands = str(one.operator), one.operands
        if operator == "q":
            kept.append((pen.now, pen.size, pen.font))
        elif operator == "Q":
            pen.now, pen.size, pen.font = kept.pop()
        elif operator == "Tf":
            pen.size, pen.font = float(operands[1]), str(page.resources.Font[operands[0]].BaseFont)
        elif operator in {"Tj", "TJ"}:
            at = pen.line @ pen.now
            yield Mark(at.f, pen.size * abs(at.d), pen.font)
        elif operator in _PAINTED or operator == "n":
            if pen.path and operator != "n":
                yield Mark(min(pen.path))
            pen.path = []
        else:
            pen.move(operator, operands)


@dataclass(slots=True)
class _Pen:
    """Where a page's content is read: the matrices, the font, and the heights of the path that is being drawn."""

    now: Matrix = field(default_factory=Matrix)
    line: Matrix = field(default_factory=Matrix)
    size: float = 0.0
    font: str = ""
    path: list[float] = field(default_factory=list)

    def move(self, operator: str, operands: Any) -> None:
        """Follow an operator that paints nothing."""
        if operator == "cm":
            self.now = Matrix(*map(float, operands)) @ self.now
        elif operator in {"BT", "Tm"}:
            self.line = Matrix(*map(float, operands)) if operands else Matrix()
        elif operator in {"Td", "TD"}:
            self.line = Matrix(1, 0, 0, 1, *map(float, operands)) @ self.line
        elif operator in _POINTS:
            self.path += _heights(operator, [float(value) for value in operands], self.now)


def _heights(operator: str, values: list[float], now: Matrix) -> list[float]:
    if operator == "re":
        x, y, width, height = values
        values = [x, y, x + width, y + height]
    return [now.transform((values[i], values[j]))[1] for i, j in _POINTS[operator]]
