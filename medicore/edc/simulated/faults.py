"""Faults that the simulated EDC can show on request; real systems have each of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from medicore.errors import ConfigurationError
from medicore.records.delivery.delimited import TextTable

FAULTS = {
    "cut-end": "the export stops before its end, though the answer is whole",
    "cut-connection": "the connection ends before the answer does",
    "wrong-count": "the source announces another number of rows than it sends (REDCap, Dataset-JSON)",
    "duplicate": "the first subject is there twice",
    "type": "a number comes in words",
    "unit": "a number comes in another unit",
    "unblinding": "a column dose says what each subject takes",
    "changed": "the data change between two answers",
    "mark": "a byte-order mark before a CSV file",
    "empty": "no subject",
    "entity-bomb": "a document type with growing entities before ODM",
    "401": "the credentials are refused",
    "429": "too many requests; asks to wait a second",
    "500": "the server fails",
    "503": "the server is out of service",
    "redirect": "the answer is elsewhere",
    "timeout": "no answer",
}
"""Each fault by its name, and what it is."""

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?", re.ASCII)
UNBLINDING = "dose"


def is_number(text: str) -> bool:
    """Return whether a text is a number in the spelling of JSON."""
    return _NUMBER.fullmatch(text) is not None


@dataclass(slots=True)
class Faults:
    """The faults that are still to come: the number of answers that show each fault, or None for every answer.

    Raises
    ------
    ConfigurationError
        When a name is unknown or a count malformed.
    """

    left: dict[str, int | None] = field(default_factory=dict)
    changes: int = 0
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Faults":
        """Return the faults of texts such as ``NAME`` or ``NAME=COUNT``."""
        left: dict[str, int | None] = {}
        for text in texts:
            name, mark, count = text.partition("=")
            if name not in FAULTS or (mark and not (count.isascii() and count.isdigit())):
                raise ConfigurationError(
                    f"fault {text[:40]!r} is unknown; expected NAME or NAME=COUNT with one of {', '.join(FAULTS)}"
                )
            left[name] = int(count) if mark else None
        return cls(left)

    def take(self, name: str) -> bool:
        """Return whether this answer shows the fault, and count the answer."""
        with self._lock:
            if name not in self.left:
                return False
            count = self.left[name]
            if count is not None:
                self.left[name] = max(0, count - 1)
            return count is None or count > 0

    def change(self) -> int:
        """Return how often the data have changed so far; they change again after this answer."""
        changed = self.changes
        if self.take("changed"):
            with self._lock:
                self.changes += 1
        return changed

    def corrupt(self, table: TextTable) -> TextTable:
        """Return the table with those faults that concern the data itself."""
        columns, rows = table.columns, list(table.rows)
        if "empty" in self.left:
            return TextTable(columns, ())
        place = next(
            (i for i, name in enumerate(columns) if any(table.column(name)) and _all_numbers(table, name)), 1
        )
        if "duplicate" in self.left:
            rows.append(rows[0])
        if "type" in self.left:
            rows = [(*row[:place], "forty-one", *row[place + 1 :]) for row in rows]
        if "unit" in self.left:
            rows = [(*row[:place], _thousandfold(row[place]), *row[place + 1 :]) for row in rows]
        if "unblinding" in self.left:
            columns, rows = (*columns, UNBLINDING), [(*row, "17.31 mg") for row in rows]
        return TextTable(columns, tuple(rows))


def _all_numbers(table: TextTable, name: str) -> bool:
    return all(is_number(text) for text in table.column(name) if text)


def _thousandfold(text: str) -> str:
    return str(round(float(text) * 1000, 6)) if is_number(text) else text
