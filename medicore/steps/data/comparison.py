"""Comparison of a data lock with the previous one: subjects that vanished or were added, locked values that changed."""

import json
import math
from dataclasses import dataclass

import pandas as pd

from medicore.errors import IntegrityError
from medicore.ports.files import RecordFiles
from medicore.records.canonical import sha256
from medicore.records.delivery.same_form import same_form
from medicore.records.protocol.contract import Column, Contract

_SPELLING = 4
"""So many units in the last place can two doubles of one decimal number differ."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A locked column whose values changed: how many, and the largest difference of two numbers, None for other values."""

    column: str
    count: int
    largest: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences from the lock of ``previous_month``, which is None when there is no earlier lock.

    ``spelled_anew`` counts the vanished subjects whose identifier is there in another spelling.
    """

    previous_month: str | None
    subjects_added: int
    subjects_vanished: int
    values_changed: tuple[Changed, ...]
    spelled_anew: int = 0


def previous_extract(files: RecordFiles) -> tuple[str, pd.DataFrame] | None:
    """Return month and extract of the previous lock, or None when this lock is the first.

    Raises
    ------
    IntegrityError
        When the previous extract differs from the one that was frozen with this lock.
    """
    if not files.exists("lock/previous.json"):
        return None
    noted = json.loads(files.read("lock/previous.json"))
    found = sha256(files.read("lock/previous.parquet"))
    if found != noted["sha256"]:
        raise IntegrityError(
            f"lock/previous.parquet has SHA-256 {found[:12]}; expected {noted['sha256'][:12]}; bring the lock "
            "back from the content store"
        )
    return str(noted["month"]), files.read_table("lock/previous.parquet")


def compare(
    current: pd.DataFrame, previous: tuple[str, pd.DataFrame] | None, contract: Contract
) -> Comparison:
    """Return how the extract differs from the previous one.

    Subjects are matched by identifier. A locked value counts as changed when it was present and is now different or
    missing; a value that was missing before may be filled. Two numbers differ when they differ by the column's
    resolution or more; without one, when they differ by more than four units in the last place of a double, which is
    what spelling a number in decimals can cost. Columns that are new in the contract are left out.
    """
    if previous is None:
        return Comparison(None, 0, 0, ())
    month, before = previous
    subject = contract.subject
    now = _by_subject(current, subject)
    if subject not in before.columns:
        return Comparison(month, len(now), len(before), ())
    then = _by_subject(before, subject)
    common = then.index.intersection(now.index)
    changed = []
    for column in contract.columns:
        if column.locked and column.name != subject and column.name in then.columns:
            change = _change(column, then.loc[common, column.name], now.loc[common, column.name])
            changed += [change] if change else []
    added, vanished = now.index.difference(then.index), then.index.difference(now.index)
    forms = {same_form(str(name)) for name in added}
    anew = sum(same_form(str(name)) in forms for name in vanished)
    return Comparison(month, len(added), len(vanished), tuple(changed), anew)


def _by_subject(table: pd.DataFrame, subject: str) -> pd.DataFrame:
    """Return the first row of each subject, indexed by its identifier; the data contract reports repeated subjects."""
    known = table[table[subject].notna()]
    return known.drop_duplicates(subject).set_index(subject)


def _change(column: Column, then: pd.Series, now: pd.Series) -> Changed | None:
    """Return how the values of a column changed, or None when none did."""
    count, largest = 0, None
    for old, new in zip(then.astype(object), now.astype(object), strict=True):
        if pd.isna(old) or (not pd.isna(new) and old == new):
            continue
        if column.type in {"number", "integer"} and not pd.isna(new):
            difference = abs(float(old) - float(new))
            if not _differ(float(old), float(new), column.resolution):
                continue
            largest = max(largest or 0.0, difference)
        count += 1
    return Changed(column.name, count, largest) if count else None


def _differ(old: float, new: float, resolution: float | None) -> bool:
    # A difference of exactly one unit counts, although its double may lie a little below.
    slack = _SPELLING * math.ulp(max(abs(old), abs(new)))
    return abs(old - new) > slack if resolution is None else abs(old - new) >= resolution - slack
