"""Linking: every number of a report's rendition that stands beside a reference leads to its origin."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from lxml import etree

PANEL = "panel"
"""The name of the frame that shows an origin."""
_SPACE = "{http://www.w3.org/1999/xhtml}"
_REFERENCE = re.compile(r"#R(\d+)")
_NUMBER = re.compile(
    r"(?<![\w.,:/-])(?:<[\u00a0\u202f ]?)?[−-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[−-]?\d+)?(?:[\u00a0\u202f]?%)?(?!\w|\.\d|[-:/]\d)"
)
"""A number as the report prints it; the parts of a date or an identifier are none."""
_KEPT = {f"{_SPACE}{name}" for name in ("a", "th", "code")}
_ASIDE = {"cited", "soft"}
_UNITS = {f"{_SPACE}{name}" for name in ("tr", "p", "figcaption", "li", "dd")}


def linked(page: bytes, place: str) -> bytes:
    """Return the rendition with links to the origins of its numbers, which lie below ``place``; its words stay as they are.

    A reference leads to what it names. A number in the same row or paragraph leads to whatever its references hold that
    is printed like this.
    """
    root = etree.fromstring(page, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    marks = [span for span in root.iter(f"{_SPACE}span") if span.get("class") == "cited"]
    cited: dict[Any, list[int]] = {}
    for mark in marks:
        cited.setdefault(_unit(mark), []).extend(_referred(mark))
    for unit, references in cited.items():
        _link_numbers(unit, sorted(set(references)), place)
    for mark in marks:
        for link in mark.iter(f"{_SPACE}a"):
            link.set("href", f"{place}/number?{urlencode({'at': link.get('href', '').removeprefix('#')})}")
            link.set("target", PANEL)
    return bytes(etree.tostring(root, method="html", encoding="utf-8", doctype="<!DOCTYPE html>"))


def _unit(mark: Any) -> Any:  # noqa: ANN401 - lxml has no types
    """Return the row, paragraph or headline whose numbers a citation is about."""
    for above in mark.iterancestors():
        if above.tag in _UNITS and not (above.tag == f"{_SPACE}p" and _is_headline(above.getparent())):
            return above
        if _is_headline(above):
            return above
    return mark.getparent()


def _is_headline(element: Any) -> bool:  # noqa: ANN401
    return element is not None and element.get("class") == "headline"


def _referred(mark: Any) -> Iterator[int]:  # noqa: ANN401
    """Yield the numbers of the references of a citation; a range R3–R9 names all from 3 to 9."""
    before = None
    for link in mark.iter(f"{_SPACE}a"):
        found = _REFERENCE.fullmatch(link.get("href", ""))
        if found is None:
            continue
        number = int(found[1])
        if before is not None:
            yield from range(before, number)
        yield number
        before = number if (link.tail or "").strip() == "–" else None


def _link_numbers(unit: Any, references: list[int], place: str) -> None:  # noqa: ANN401
    """Make a link of every number in the texts of ``unit`` that belong to no link, heading or drawing."""
    within = ",".join(map(str, references))
    for element in list(unit.iter(etree.Element)):
        if not element.tag.startswith(_SPACE) or any(_is_kept(above) for above in _upwards(element, unit)):
            continue
        for position, child in reversed(list(enumerate(list(element)))):
            _split(element, position + 1, child.tail, within, place, child)
        _split(element, 0, element.text, within, place, None)


def _is_kept(element: Any) -> bool:  # noqa: ANN401
    """Say whether the texts of an element stay as they are: a link, a heading, a citation, a remark or code."""
    return element.tag in _KEPT or element.get("class") in _ASIDE


def _upwards(element: Any, unit: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield an element and those around it, up to ``unit``."""
    while element is not unit:
        yield element
        element = element.getparent()


def _split(parent: Any, at: int, text: str | None, within: str, place: str, before: Any) -> None:  # noqa: ANN401
    """Put links for the numbers of a text, which stands in ``parent`` after its child ``before``, at position ``at``."""
    found = list(_NUMBER.finditer(text or ""))
    if not found or text is None:
        return
    head = text[: found[0].start()]
    if before is None:
        parent.text = head
    else:
        before.tail = head
    for offset, number in enumerate(found):
        link = etree.Element(f"{_SPACE}a")
        link.set("class", "number")
        link.set("href", f"{place}/number?{urlencode({'text': number[0], 'within': within})}")
        link.set("target", PANEL)
        link.text = number[0]
        following = found[offset + 1].start() if offset + 1 < len(found) else len(text)
        link.tail = text[number.end() : following]
        parent.insert(at + offset, link)
