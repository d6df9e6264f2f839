"""Tables with a description of each column, for file formats that describe their columns."""

from dataclasses import dataclass
from typing import Literal

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
