"""Who may see comparative results while a study goes on: everybody, or until a day or the unblinding only who is named."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from medicore.records.identifiers import person_id
from medicore.records.protocol.part import Part, identified_by

UNBLINDED = "unblinded"
"""The end of a closure that only the signed act ``study.unblinded`` brings."""


def _until(value: object) -> object:
    """Return the end of a closure as text; YAML reads a day without quotes as a date."""
    return value.isoformat() if isinstance(value, date) else value


def _end(text: str) -> str:
    if text == UNBLINDED:
        return text
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError(
            f"{text[:40]!r} is neither a day, as 2027-06-30, nor the word 'unblinded'; write one of them"
        )
    return text


class Closed(Part):
    """Comparative results are closed: only the monitoring board and who is named here see them, after a signature.

    ``closed_until`` is a day, from whose beginning in the study's time zone the results are open, or ``unblinded``: until
    quality unblinds the study by ``medicore unblind``, which also opens it before a day. ``unblinded`` names the
    statisticians who may see closed results, by their identifiers.
    """

    closed_until: Annotated[str, BeforeValidator(_until), AfterValidator(_end)]
    unblinded: Annotated[tuple[Annotated[str, identified_by(person_id)], ...], Field(max_length=20)] = ()


def _form(value: object) -> str:
    """Return which form a file gives, so that one problem of a closure is told as one."""
    return "closed" if isinstance(value, dict | Closed) else "open"


ComparativeResults = Annotated[
    Annotated[Literal["open"], Tag("open")] | Annotated[Closed, Tag("closed")], Discriminator(_form)
]
