"""Comparison of a data lock with the previous one: subjects that vanished or were added, locked values that changed."""

import json
from dataclasses import dataclass

import pandas as pd

from medicore.errors import IntegrityError
from medicore.ports.files import RecordFiles
from medicore.records.canonical import sha256
from medicore.records.protocol.contract import Contract


@dataclass(frozen=True, slots=True)
class Comparison:
    """Counts of the differences from the lock of ``previous_month``, which is None when there is no earlier lock."""

    previous_month: str | None
    subjects_added: int
    subjects_vanished: int
    values_changed: tuple[tuple[str, int], ...]


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
    missing; a value that was missing before may be filled. Columns that are new in the contract are left out.
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
            count = _changes(then.loc[common, column.name], now.loc[common, column.name])
            changed += [(column.name, count)] if count else []
    added, vanished = len(now.index.difference(then.index)), len(then.index.difference(now.index))
    return Comparison(month, added, vanished, tuple(changed))


def _by_subject(table: pd.DataFrame, subject: str) -> pd.DataFrame:
    """Return the first row of each subject, indexed by its identifier; the data contract reports repeated subjects."""
    known = table[table[subject].notna()]
    return known.drop_duplicates(subject).set_index(subject)


def _changes(then: pd.Series, now: pd.Series) -> int:
    """Return the number of values that were present and are now different or missing."""
    pairs = zip(then.astype(object), now.astype(object), strict=True)
    return sum(not pd.isna(old) and (pd.isna(new) or old != new) for old, new in pairs)
