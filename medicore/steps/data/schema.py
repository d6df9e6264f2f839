"""How many values of an extract break which rule of the data contract."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pandas as pd

from medicore.errors import IntegrityError
from medicore.records.delivery.same_form import same_form
from medicore.records.protocol.contract import Column, Contract
from medicore.steps.data.casting import DTYPES

REQUIRED, UNIQUE, MINIMUM, MAXIMUM = "required", "unique", "minimum", "maximum"
ALLOWED, FUTURE, TYPE, SPELLING = "allowed values", "not in the future", "type", "one spelling"


def broken_rules(table: pd.DataFrame, contract: Contract, exported_on: date) -> Counter[tuple[str, str]]:
    """Return how many values of the extract break which rule, by column and rule; rules that are kept are left out.

    ``exported_on`` is the day of the export in the study's calendar; no date may be after it. A subject that
    occurs three times breaks uniqueness twice. A column of another type breaks that rule in every row, and its
    values are compared with nothing.

    Raises
    ------
    IntegrityError
        When the extract has other columns than the contract.
    """
    if sorted(map(str, table.columns)) != sorted(contract.names):
        raise IntegrityError(
            "the extract has other columns than its data contract, which it was written by; run 'medicore verify' "
            "on its run"
        )
    counts: Counter[tuple[str, str]] = Counter()
    for column in contract.columns:
        values = table[column.name]
        for rule, count in _broken(column, values, contract.subject, exported_on):
            if count:
                counts[column.name, rule] = count
    return counts


def _broken(column: Column, values: pd.Series, subject: str, exported_on: date) -> Iterator[tuple[str, int]]:
    """Yield each rule that applies to the column, and how many of its values break it."""
    known = values.dropna()
    if column.required:
        yield REQUIRED, len(values) - len(known)
    if column.name == subject:
        yield UNIQUE, int(known.duplicated().sum())
        yield SPELLING, _spelled_otherwise(known)
    if not _is_typed(column, known):
        yield TYPE, len(values)
        return
    if column.minimum is not None:
        yield MINIMUM, int((known < column.minimum).sum())
    if column.maximum is not None:
        yield MAXIMUM, int((known > column.maximum).sum())
    if column.values is not None:
        yield ALLOWED, int((~known.isin(column.values)).sum())
    if column.type == "date":
        yield FUTURE, sum(day > exported_on for day in known)


def _spelled_otherwise(subjects: pd.Series) -> int:
    """Return how many different identifiers are another's but for blanks, case or Unicode form: one person, twice."""
    different = subjects.astype(str).unique()
    return len(different) - len({same_form(name) for name in different})


def _is_typed(column: Column, known: pd.Series) -> bool:
    """Return whether the column holds what the contract declares; dates may be Python's own, as Parquet is read."""
    if column.type == "date":
        return all(type(day) is date for day in known)
    return bool(known.dtype == DTYPES[column.type])


def expectation(column: Column, rule: str, exported_on: date) -> str:
    """Return what a rule expects of a column, in words."""
    unit = f" {column.unit}" if column.unit else ""
    return {
        REQUIRED: "a value for every subject",
        UNIQUE: "one row per subject",
        SPELLING: "identifiers that differ in more than blanks, case or Unicode form",
        MINIMUM: f"at least {column.minimum or 0:g}{unit}",
        MAXIMUM: f"at most {column.maximum or 0:g}{unit}",
        ALLOWED: f"one of {', '.join(column.values or ())}",
        FUTURE: f"no date after {exported_on.isoformat()}, the day of the export",
        TYPE: f"type {column.type}",
    }[rule]
