"""Linking: every number of a report's rendition that stands beside a reference leads to its origin."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

_SPACE = "{http://www.w3.org/1999/xhtml}"
_REFERENCE = re.compile(r"#R(\d+)")
_NUMBER = re.compile(
    r"(?<![\w.,:/-])(?:<[\u00a0\u202f ]?)?[−-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[−-]?\d+)?(?:[\u00a0\u202f]?%)?(?!\w|\.\d|[-:/]\d)"
)
"""A number as the report prints it; the parts of a date or an identifier are none."""
_KEPT = {f"{_SPACE}{name}" for name in ("a", "th", "code")}
_ASIDE = {"cited", "soft"}
_UNITS = {f"{_SPACE}{name}" for name in ("tr", "p", "figcaption", "li", "dd")}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where links lead: a ``reference`` such as R12, and a ``number`` as printed, with the references beside it.

    Where a function returns None, there is no link. ``target`` is the name of the frame that a link opens in, '' for none.
    """

    reference: Callable[[str], str | None]
    number: Callable[[str, Sequence[int]], str | None]
    target: str = ""

    def set(self, link: Any, address: str | None) -> bool:  # noqa: ANN401 - lxml has no types
        """Let an element lead to an address; return whether there is one."""
        if address is None:
            return False
        link.set("href", address)
        if self.target:
            link.set("target", self.target)
        return True


def linked(page: bytes, addresses: Addresses) -> bytes:
    """Return the rendition with links to the origins of its numbers; its words stay as they are.

    A reference leads to what it names. A number in the same row or paragraph leads to whatever its references hold that
    is printed like this.
    """
    root = etree.fromstring(page, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    marks = [span for span in root.iter(f"{_SPACE}span") if span.get("class") == "cited"]
    cited: dict[Any, list[int]] = {}
    for mark in marks:
        cited.setdefault(_unit(mark), []).extend(_referred(mark))
    for unit, references in cited.items():
        _link_numbers(unit, sorted(set(references)), addresses)
    for mark in marks:
        for link in mark.iter(f"{_SPACE}a"):
            addresses.set(link, addresses.reference(link.get("href", "").removeprefix("#")))
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


def _link_numbers(unit: Any, references: list[int], addresses: Addresses) -> None:  # noqa: ANN401
    """Make a link of every number in the texts of ``unit`` that belong to no link, heading or drawing."""
    for element in list(unit.iter(etree.Element)):
        if not element.tag.startswith(_SPACE) or any(_is_kept(above) for above in _upwards(element, unit)):
            continue
        for position, child in reversed(list(enumerate(list(element)))):
            _split(element, position + 1, child.tail, references, addresses, child)
        _split(element, 0, element.text, references, addresses, None)


def _is_kept(element: Any) -> bool:  # noqa: ANN401
    """Say whether the texts of an element stay as they are: a link, a heading, a citation, a remark or code."""
    return element.tag in _KEPT or element.get("class") in _ASIDE


def _upwards(element: Any, unit: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield an element and those around it, up to ``unit``."""
    while element is not unit:
        yield element
        element = element.getparent()


def _split(
    parent: Any,  # noqa: ANN401
    at: int,
    text: str | None,
    references: list[int],
    addresses: Addresses,
    before: Any,  # noqa: ANN401
) -> None:
    """Put links for the numbers of a text, which stands in ``parent`` after its child ``before``, at position ``at``."""
    made = []
    for number in _NUMBER.finditer(text or ""):
        link = etree.Element(f"{_SPACE}a")
        link.set("class", "number")
        link.text = number[0]
        if addresses.set(link, addresses.number(number[0], references)):
            made.append((number, link))
    if not made or text is None:
        return
    head = text[: made[0][0].start()]
    if before is None:
        parent.text = head
    else:
        before.tail = head
    ends = [number.start() for number, _ in made[1:]] + [len(text)]
    for offset, ((number, link), end) in enumerate(zip(made, ends, strict=True)):
        link.tail = text[number.end() : end]
        parent.insert(at + offset, link)
