"""Reads a rendition in HTML: strictly parsed, its texts without blanks as they are compared with the PDF's."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from medicore.stores.report.pdf_text import tight

NUMBER = re.compile(r"\d[\d,]*\.?\d*")
_NAMESPACE = re.compile(r"^\{[^}]*\}")


def parsed(page: bytes) -> Any:
    """Return the root of a page; a tag that is not closed, or closed out of order, is an error."""
    return etree.fromstring(page, etree.XMLParser(resolve_entities=False, no_network=True))


def elements(root: Any, *names: str) -> Iterator[Any]:
    """Yield the elements of these names in order, in HTML's namespace or SVG's."""
    for element in root.iter(etree.Element):
        if _NAMESPACE.sub("", element.tag) in names:
            yield element


def name_of(element: Any) -> str:
    """Return an element's name without its namespace."""
    return _NAMESPACE.sub("", element.tag)


def words(element: Any) -> str:
    """Return all text of an element, without blanks."""
    return tight("".join(element.itertext()))


def caption(table: Any) -> str:
    """Return the text of a table's caption, without blanks."""
    return words(next(elements(table, "caption")))


def rows(table: Any) -> list[str]:
    """Return the text of each row of a table's bodies, without blanks."""
    return [words(row) for body in elements(table, "tbody") for row in elements(body, "tr")]
