"""Bytes flipped in the stores of a finished month, and where ``verify`` then says that something is wrong."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import numpy as np

from medicore.cases.proof.verify import foundations, record_checks
from medicore.ports.house import House
from medicore.records.checking import Check
from medicore.records.identifiers import RunId

Place = tuple[Path, int]
"""A file, and the byte in it that is flipped."""


def positions(size: int, chance: np.random.Generator, each: int = 2) -> list[int]:
    """Return a position of every class: first, last, and ``each`` of the head, of four quarters and of the tail."""
    edge = min(64, size)
    spans = [(0, edge), *((size * k // 4, max(size * (k + 1) // 4, size * k // 4 + 1)) for k in range(4))]
    spans.append((size - edge, size))
    drawn = [int(chance.integers(low, min(high, size))) for low, high in spans for _ in range(each)]
    return [0, size - 1, *drawn]


@contextmanager
def flipped(*places: Place, mask: int = 0x01) -> Iterator[None]:
    """Flip the bits of ``mask`` in each place, times kept as they were, and put everything back at the end."""
    before = {path: (path.read_bytes(), path.stat()) for path, _ in places}
    for path, position in places:
        data = bytearray(path.read_bytes())
        data[position] ^= mask
        _write(path, bytes(data), before[path][1])
    try:
        yield
    finally:
        for path, (original, status) in before.items():
            _write(path, original, status)


def failures(house: House, run: str) -> Iterator[Check]:
    """Yield the checks that ``verify`` makes of a run and that fail now; who has seen enough need not wait for the rest."""
    shared = foundations(house)
    checks = record_checks(house, RunId.parse(run), None) if shared[0].passed else ()
    yield from (check for check in chain(shared, checks) if not check.passed)


def says_the_same(path: Path, before: list[str]) -> bool:
    """Return whether a ledger file still says what it said: every row and table, in SQLite's own words."""
    try:
        return dump(path) == before
    except sqlite3.DatabaseError:
        return False


def dump(path: Path) -> list[str]:
    """Return everything that a SQLite file says."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return [*connection.iterdump(), str(connection.execute("PRAGMA application_id").fetchone())]
    finally:
        connection.close()


def _write(path: Path, data: bytes, status: os.stat_result) -> None:
    path.chmod(0o644)
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
