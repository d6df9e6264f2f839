"""Reads a rendition in HTML: each row of a table, paragraph, figure and remark is one unit of text."""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from tests.quarto_templates.numbers.unit import FOOT, HEAD, Unit, unit
from tests.quarto_templates.pages import name_of, parsed

_WHOLE = frozenset(
    {"tr", "p", "dt", "dd", "li", "caption", "figcaption", "svg", "pre", "h1", "h2", "h3", "h4"}
)
"""The elements that are one unit each, with all that is within them."""
_LEFT_OUT = frozenset({"head", "style", "nav"})


def html_units(page: bytes) -> list[Unit]:
    """Return the units of a page in order."""
    return list(_units(parsed(page)))


def _units(element: Any) -> Iterator[Unit]:
    for child in element.iterchildren(etree.Element):
        kind = name_of(child)
        if kind in _WHOLE:
            role = HEAD if name_of(element) == "thead" else FOOT if child.get("class") == "remarks" else kind
            yield unit(role, " ".join(_texts(child)))
        elif kind not in _LEFT_OUT:
            yield from _units(child)


def _texts(element: Any) -> Iterator[str]:
    """Yield the alternative text of an element and every text within it; a mark such as [R3–R9] stays in one piece."""
    if "aria-label" in element.attrib:
        yield element.attrib["aria-label"]
    if element.attrib.get("class") == "cited":
        yield "".join(element.itertext())
        return
    yield element.text or ""
    for child in element.iterchildren(etree.Element):
        yield from _texts(child)
        yield child.tail or ""
