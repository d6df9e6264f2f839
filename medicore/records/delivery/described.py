"""Tables with what their file says of each column: readers of formats that describe their data give these."""

from dataclasses import dataclass
from typing import Literal

from medicore.records.delivery.delimited import TextTable

Kind = Literal["text", "number", "date", "moment", "time", "truth"]


@dataclass(frozen=True, slots=True)
class Described:
    """A column as its file describes it: its name, label (empty where there is none) and kind of value."""

    name: str
    label: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class DescribedTable:
    """A table of texts, and the description of each of its columns in the same order."""

    table: TextTable
    columns: tuple[Described, ...]
