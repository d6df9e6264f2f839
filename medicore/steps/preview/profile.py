"""profile: what the columns of a file look like, in counts and types; no value leaves it but the levels of categories."""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from medicore.records.delivery.delimited import TextTable
from medicore.records.protocol.contract import Column
from medicore.steps.data.casting import cast_column
from medicore.steps.models.naming import FEW

MISSING = ("", "NA", "N/A", "NaN", "NULL", "null", ".", "None")
"""Texts that a file may have where there is no value; those that the file has are proposed to the contract."""

_DECLARED = re.compile(r"\.[A-Za-z_]|.{1,40} \(missing\)")
"""Texts of the missing values that files of SAS, Stata and SPSS tell apart."""

MOST_LEVELS = 20
"""A column of texts with more values is no category."""

Measured = Literal["integer", "number", "date"]
Kind = Measured | Literal["category", "text"]

_MEASURED: tuple[Measured, ...] = ("integer", "number", "date")
"""Types that a column's values prove, the narrowest first."""


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """A column of a file: its kind, missing and distinct values, whether it tells subjects apart, and its levels.

    ``levels`` are the values of a category with their counts, the most frequent first; they are empty for other kinds.
    ``two_valued`` says of integers that they are 0 and 1 alone, ``counting`` that they number the rows without a gap.
    """

    name: str
    kind: Kind
    missing: int
    distinct: int
    unique: bool
    levels: tuple[tuple[str, int], ...] = ()
    two_valued: bool = False
    counting: bool = False

    @property
    def sparse(self) -> tuple[str, ...]:
        """The levels that fewer than ten subjects have."""
        return tuple(level for level, count in self.levels if count < FEW)


@dataclass(frozen=True, slots=True)
class TableProfile:
    """The columns of a file, the number of its rows, and the texts that stand for missing values in it."""

    rows: int
    missing: tuple[str, ...]
    columns: tuple[ColumnProfile, ...]

    def column(self, name: str) -> ColumnProfile | None:
        """Return the column called ``name``, None when the file has none."""
        return next((column for column in self.columns if column.name == name), None)


def profile(table: TextTable) -> TableProfile:
    """Return the profile of a table of texts."""
    present = {text for row in table.rows for text in row if text in MISSING or _DECLARED.fullmatch(text)}
    missing = (*(text for text in MISSING if text in present), *sorted(present - {*MISSING})) or ("",)
    columns = (_column(name, table.column(name), missing, name in table.commas) for name in table.columns)
    return TableProfile(len(table.rows), missing, tuple(columns))


def _column(name: str, texts: tuple[str, ...], missing: tuple[str, ...], commas: bool) -> ColumnProfile:
    values = [text for text in texts if text not in missing]
    counts = Counter(values)
    gaps, distinct = len(texts) - len(values), len(counts)
    unique = bool(values) and gaps == 0 and distinct == len(values)
    kind = _kind(counts, commas)
    levels = tuple(counts.most_common()) if kind == "category" else ()
    two_valued = kind == "integer" and set(counts) <= {"0", "1"}
    counting = (
        unique
        and kind == "integer"
        and _without_a_gap({int(float(text.replace(",", "."))) for text in counts})
    )
    return ColumnProfile(name, kind, gaps, distinct, unique, levels, two_valued, counting)


def _without_a_gap(numbers: set[int]) -> bool:
    return max(numbers) - min(numbers) == len(numbers) - 1


def _kind(counts: Counter[str], commas: bool) -> Kind:
    """Return the narrowest kind that every value has; a column without any value is text."""
    if not counts:
        return "text"
    for kind in _MEASURED:
        rule = Column(name="measured", type=kind, timing="baseline", unit="none")
        _, broken = cast_column(rule, [*counts], (), "," if commas else ".")
        if not broken:
            return kind
    return "category" if len(counts) <= MOST_LEVELS else "text"
