"""What the index keeps of runs: a cache made from ledger and records, never evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from medicore.records.ledger.ledger import GENESIS


@dataclass(frozen=True, slots=True)
class Entry:
    """One run: the sequence number of its request, and its line as ``status`` shows it."""

    run: str
    requested: int
    line: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Every number of a run's results: ``paths`` and ``values``, both ``(k,)``, in the order of the results."""

    run: str
    paths: tuple[str, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Indexed:
    """What is kept: the ledger's head up to which it is known, entries and, where asked for, numbers by run."""

    head: tuple[int, str] = (0, GENESIS)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    numbers: Mapping[str, Numbers] = field(default_factory=dict)
