"""Whether the source of a part of the report holds texts."""

from presentation.writing.typst import literal

_UNBROKEN = "\\u{a0}"


def says(made: str, *texts: str) -> bool:
    """Return whether the source holds all these texts, whatever kind of blank parts their words."""
    found = made.replace(_UNBROKEN, " ")
    return all(literal(text)[1:-1].replace(_UNBROKEN, " ") in found for text in texts)
