"""Reads the references out of a report's text: those that stand beside numbers, and the appendix that maps them."""

import re

_MARK = re.compile(r"\[(R\d+(?:[–,]R\d+)*)\]")
_ENTRY = re.compile(r"(R\d+)((?:[a-z_]+\.|\d+\.)*(?:[a-z_]+|\d+))(?=R\d|[A-Z]|$)")
_APPENDIX = "Table16.4Referencestoresults.json"
_NEXT = "16.6Reportingguideline"
_HEAD = "Ref."
"""What follows the title of the table itself; in the list of tables it is the number of a page."""


def parts_of(text: str) -> tuple[str, str]:
    """Return the text, without blanks, before the table of references, and from it on."""
    body, appendix = text.split(_APPENDIX + _HEAD, 1)
    return body, appendix.split(_NEXT, 1)[0]


def cited_in(body: str) -> set[int]:
    """Return the numbers of all references that are printed, runs as R3–R9 spelt out."""
    printed: set[int] = set()
    for found in _MARK.findall(body):
        for part in found.split(","):
            first, _, last = part.partition("–")
            printed |= set(range(int(first[1:]), int((last or first)[1:]) + 1))
    return printed


def mapped_in(appendix: str) -> dict[str, str]:
    """Return the path that the appendix gives each reference."""
    return dict(_ENTRY.findall(appendix))
