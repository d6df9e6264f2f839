"""What the index stores about runs: a cache made from the ledger and the records. It is never evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from medicore.records.ledger.ledger import GENESIS


@dataclass(frozen=True, slots=True)
class Entry:
    """One run: the sequence number of its request, and the line that ``status`` shows for it."""

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
    """The contents of the index: the ledger's head that it reflects, the entries and, if requested, numbers by run."""

    head: tuple[int, str] = (0, GENESIS)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    numbers: Mapping[str, Numbers] = field(default_factory=dict)
