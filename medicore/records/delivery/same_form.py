"""Texts that a person reads as the same: they differ by blanks, case or Unicode form alone."""

import unicodedata
from collections.abc import Mapping, Sequence

_DASHES = {ord(mark): "-" for mark in "‐‑‒–—−"}
_INVISIBLE = frozenset({"Cc", "Cf"})


def same_form(text: str) -> str:
    """Return the form in which two texts are equal when a person reads them as the same.

    Compatibility forms, case, blanks, invisible characters and kinds of dash make no difference (Unicode Standard
    Annex 15, NFKC; case folding).
    """
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES)
    kept = "".join(letter for letter in plain if unicodedata.category(letter) not in _INVISIBLE)
    return "".join(unicodedata.normalize("NFKC", kept.casefold()).split())


def same_name(text: str) -> str:
    """Return the form in which two names of columns are equal but for spelling: letters and digits of ``same_form``."""
    return "".join(letter for letter in same_form(text) if letter.isalnum())


def near_column(name: str, columns: Mapping[int, str]) -> int | None:
    """Return the first place of ``columns`` whose column is called ``name`` but for blanks, case or marks, or None."""
    return next((place for place, column in columns.items() if same_name(column) == same_name(name)), None)


def near_words(place: int, column: str) -> str:
    """Return, for a message, where a column stands whose name is nearly the one that is sought."""
    return f"column {place} is {column!r}, which differs by blanks, case or marks alone"


def near_miss(name: str, found: Sequence[str]) -> str:
    """Return, for an error message, the column of a file that is called ``name`` but for blanks, case or marks, or ''."""
    columns = dict(enumerate(found, start=1))
    place = near_column(name, columns)
    return "" if place is None else f"; {near_words(place, columns[place])}"
