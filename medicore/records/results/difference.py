"""Differences between two records: keys of a protocol, names with a version or digest, subjects and their values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from medicore.records.canonical import canonical

Kind = Literal["added", "removed", "changed"]

_NAMED_BY = ("name", "column")
"""Keys that can name the entries of a list in a protocol; the first key that is unique in all entries is used."""


@dataclass(frozen=True, slots=True)
class Change:
    """One name with different values in two records; an absent value is None, and ``kind`` says which one is absent."""

    name: str
    kind: Kind
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """How many values of one column differ among the subjects that are in both tables: counts, never a value.

    ``altered`` counts values that exist in both tables and differ, ``filled`` those missing only in the first table,
    ``emptied`` those missing only in the second.
    """

    column: str
    altered: int
    filled: int
    emptied: int


@dataclass(frozen=True, slots=True)
class SubjectTable:
    """Subjects, ``(n,)``, and their values by column, ``(n,)`` each; None is a missing value."""

    subjects: Sequence[object]
    columns: Mapping[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class SubjectChanges:
    """Counts of subjects ``before`` and ``after``, added, removed, and changed in the value of any column.

    ``values`` holds the columns that are in both tables and have a changed value. Columns that are in one table only
    are listed by name.
    """

    before: int
    after: int
    added: int
    removed: int
    changed: int
    values: tuple[ColumnChange, ...]
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]


def changed_keys(before: Any, after: Any) -> tuple[Change, ...]:  # noqa: ANN401 - any JSON
    """Return the keys, joined by dots, at which two JSON documents differ.

    Lists whose entries have names are compared entry by entry, as ``covariates[age].label``; a change of their order
    has the key ``covariates[order]``. Any other list counts as one value. 1, 1.0 and true are three different values.
    """
    return tuple(_changes("", before, after))


def changed_entries(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    """Return the names, sorted, whose texts differ in two mappings, such as versions of packages or digests of files."""
    return tuple(_entries("", "", before, after))


def changed_subjects(before: SubjectTable, after: SubjectTable) -> SubjectChanges:
    """Return how two tables differ; subjects are matched by identifier, columns are in the order of ``after``.

    A subject without an identifier is not counted. Of a repeated subject, only the first row is compared.
    """
    then, now = _rows(before), _rows(after)
    common = [(row, now[subject]) for subject, row in then.items() if subject in now]
    touched: set[int] = set()
    values = []
    for column in after.columns:
        if column in before.columns:
            counts = {"altered": 0, "filled": 0, "emptied": 0}
            for old_row, new_row in common:
                kind = _kind(before.columns[column][old_row], after.columns[column][new_row])
                if kind:
                    counts[kind] += 1
                    touched.add(new_row)
            if any(counts.values()):
                values.append(ColumnChange(column, **counts))
    return SubjectChanges(
        before=len(then),
        after=len(now),
        added=len(now.keys() - then.keys()),
        removed=len(then.keys() - now.keys()),
        changed=len(touched),
        values=tuple(values),
        columns_added=tuple(name for name in after.columns if name not in before.columns),
        columns_removed=tuple(name for name in before.columns if name not in after.columns),
    )


def _changes(path: str, before: Any, after: Any) -> Iterator[Change]:  # noqa: ANN401 - any JSON
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _entries(f"{path}." if path else "", "", before, after)
        return
    old, new = _entries_by_name(before), _entries_by_name(after)
    if old is not None and new is not None:
        yield from _entries(f"{path}[", "]", old, new)
        order = [[name for name in one if name in other] for one, other in ((old, new), (new, old))]
        if order[0] != order[1]:
            yield Change(f"{path}[order]", "changed", *order)
    elif canonical(before) != canonical(after):
        yield Change(path, "changed", before, after)


def _entries(head: str, tail: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in sorted(before.keys() | after.keys()):
        path = f"{head}{name}{tail}"
        if name not in before:
            yield Change(path, "added", None, after[name])
        elif name not in after:
            yield Change(path, "removed", before[name], None)
        else:
            yield from _changes(path, before[name], after[name])


def _entries_by_name(value: Any) -> dict[str, Any] | None:  # noqa: ANN401 - any JSON
    """Return a list's entries by their names; None when the value is not a list or its entries have no names."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        return None
    for key in _NAMED_BY:
        names = [entry.get(key) for entry in value]
        if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            return {str(entry[key]): entry for entry in value}
    return None


def _rows(table: SubjectTable) -> dict[object, int]:
    """Return the first row of each subject."""
    rows: dict[object, int] = {}
    for row, subject in enumerate(table.subjects):
        if subject is not None:
            rows.setdefault(subject, row)
    return rows


def _kind(before: object, after: object) -> Literal["altered", "filled", "emptied", ""]:
    if before is None or after is None:
        return "" if before is after else "filled" if before is None else "emptied"
    return "altered" if before != after else ""
