"""A unit of a report as it is read: the text of one row, paragraph or figure, with the references in it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_MARK = re.compile(r"\[(R\d+(?:\s*[–,]\s*R\d+)*)\]")
_NUMBER = re.compile(r"(?:< ?)?[−-]?(?<![\w.])\d[\d,]*(?:\.\d+)?(?:e[−-]?\d+)?(?:[ \u202f\u00a0]?%)?")
_PAGE = re.compile(r"\bpage \d+\b")
_BLANKS = re.compile(r"[\s\u200b\u200e]+")
HEAD, FOOT = "head of a table", "foot of a table"


@dataclass(frozen=True, slots=True)
class Unit:
    """What a reader sees together: its ``kind``, its ``text``, and the numbers of the ``references`` that stand in it."""

    kind: str
    text: str
    references: tuple[int, ...] = ()

    @property
    def numbers(self) -> list[str]:
        """The numbers that are printed, in order, without those of pages."""
        return _NUMBER.findall(_PAGE.sub("page", self.text))


def unit(kind: str, text: str) -> Unit:
    """Return the unit of a text; its references are read out of it, runs as R3–R9 spelt out."""
    one = _BLANKS.sub(" ", text)
    found: list[int] = []
    for mark in _MARK.findall(one):
        for part in mark.split(","):
            first, _, last = (piece.strip() for piece in part.partition("–"))
            found += range(int(first[1:]), int((last or first)[1:]) + 1)
    return Unit(kind, _MARK.sub(" ", one), tuple(found))


def cited_together(units: Iterable[Unit]) -> list[Unit]:
    """Return the units, each without references of its own with those of the next that has some; a head with its foot's.

    So a table's head is cited by its note, a headline by the line below it, and a figure by its note.
    """
    made: list[Unit] = []
    waiting: tuple[int, ...] = ()
    foot: tuple[int, ...] = ()
    for one in reversed(list(units)):
        waiting = one.references or waiting
        foot = one.references if one.kind == FOOT else foot
        made.append(Unit(one.kind, one.text, foot if one.kind == HEAD else waiting))
    return made[::-1]
