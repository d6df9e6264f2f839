"""Tables with a description of each column, for file formats that describe their columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable

Kind = Literal["text", "number", "date", "moment", "time", "truth"]


@dataclass(frozen=True, slots=True)
class Described:
    """The file's description of a column: name, label (empty if the file has none) and kind of value."""

    name: str
    label: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class DescribedTable:
    """A table of texts, and the description of each of its columns in the same order."""

    table: TextTable
    columns: tuple[Described, ...]


def as_table(columns: Sequence[tuple[Described, Sequence[str]]], name: str) -> DescribedTable:
    """Return columns of texts as a table; ``name`` names its file in error messages.

    Raises DataError when there is no column, or two have the same name or one has none.
    """
    names = tuple(described.name for described, _ in columns)
    if not names or "" in names or len(set(names)) != len(names):
        raise DataError(
            f"{name} has no columns, one without a name, or two of the same name; expected different names; have the file "
            "exported again"
        )
    rows = tuple(zip(*(texts for _, texts in columns), strict=True))
    return DescribedTable(TextTable(names, rows), tuple(described for described, _ in columns))


def user_missing(text: str) -> str:
    """Return the text of a value that its file declares as missing; it is no number, whatever the value is."""
    return f"{text} (missing)"
