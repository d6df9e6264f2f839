"""Reads a tagged PDF by its structure: each row of a table, paragraph, figure and remark is one unit of text."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pikepdf

from medicore.stores.report.pdf_text import _decoded, _unicode_map
from tests.quarto_templates.numbers.unit import FOOT, HEAD, Unit, unit

_OPERATORS = "BDC BMC EMC Tf Tj TJ"
_PARTED = frozenset({"Document", "Div", "Table", "THead", "TBody", "TFoot", "TOC", "L", "Sect", "Part"})
"""The elements that hold several units; every other one is a unit with all that is within it."""
_CONTENTS = "3 Contents"
_ROLES = {"THead": HEAD, "TFoot": FOOT}

_Texts = dict[tuple[int, int], str]


def pdf_units(pdf: bytes) -> list[Unit]:
    """Return the units of a report in the order of its structure."""
    with pikepdf.open(BytesIO(pdf)) as document:
        texts: _Texts = {}
        for page in document.pages:
            texts |= _marked(page)
        return list(_without_contents(_units(document.Root.StructTreeRoot, texts)))


def _without_contents(units: Iterator[Unit]) -> Iterator[Unit]:
    """Yield the units except those of the contents, whose numbers are those of pages."""
    inside = False
    for one in units:
        if one.kind == "H1":
            inside = one.text.startswith(_CONTENTS)
        if not inside:
            yield one


def _units(element: Any, texts: _Texts, part: str = "") -> Iterator[Unit]:
    for child in _children(element):
        if not isinstance(child, pikepdf.Dictionary) or "/S" not in child:
            continue
        kind = str(child.S)[1:]
        if kind in _PARTED:
            yield from _units(child, texts, kind)
        else:
            yield unit(_ROLES.get(part, kind), " ".join(_within(child, None, texts)))


def _within(element: Any, page: int | None, texts: _Texts) -> Iterator[str]:
    """Yield the alternative text of an element and every text within it."""
    here = element.Pg.objgen[0] if "/Pg" in element else page
    if "/Alt" in element:
        yield str(element.Alt)
    for child in _children(element):
        if isinstance(child, int):
            yield texts.get((here or 0, child), "")
        elif "/MCID" in child:
            place = child.Pg.objgen[0] if "/Pg" in child else here
            yield texts.get((place or 0, int(child.MCID)), "")
        elif "/S" in child:
            yield from _within(child, here, texts)


def _children(element: Any) -> list[Any]:
    held = element.get("/K")
    if held is None:
        return []
    return list(held) if isinstance(held, pikepdf.Array) else [held]  # type: ignore[call-overload] # an array is iterable


def _marked(page: pikepdf.Page) -> _Texts:
    """Return the text of each marked part of a page, by the number of the page's object and the part's own."""
    fonts = page.resources.get("/Font", pikepdf.Dictionary())
    maps = {name: _unicode_map(font) for name, font in fonts.items()}
    found: _Texts = {}
    current: dict[int, str] = {}
    parts: list[int | None] = []
    for one in pikepdf.parse_content_stream(page, _OPERATORS):
        operator, operands = str(one.operator), one.operands
        if operator in {"BDC", "BMC"}:
            marks = operands[1] if len(operands) > 1 else None
            known = isinstance(marks, pikepdf.Dictionary) and "/MCID" in marks
            parts.append(int(marks.MCID) if known else None)  # type: ignore[union-attr] # known says so
        elif operator == "EMC":
            parts.pop()
        elif operator == "Tf":
            current = maps[str(operands[0])]
        elif parts and parts[-1] is not None:
            key = (page.objgen[0], parts[-1])
            shown = operands[0] if operator == "TJ" else operands[:1]
            text = "".join(
                _decoded(bytes(piece), current) for piece in shown if isinstance(piece, pikepdf.String)
            )
            found[key] = f"{found[key]} {text}" if key in found else text
    return found
