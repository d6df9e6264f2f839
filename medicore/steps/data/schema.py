"""The data contract as a pandera schema, and how many values break which of its rules."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from medicore.records.protocol.contract import Column, Contract
from medicore.steps.data.casting import DTYPES

if TYPE_CHECKING:
    import pandera.pandas as pa

REQUIRED, UNIQUE, MINIMUM, MAXIMUM = "required", "unique", "minimum", "maximum"
ALLOWED, FUTURE, TYPE = "allowed values", "not in the future", "type"

_OF_PANDERA = {"not_nullable": REQUIRED, "field_uniqueness": UNIQUE}


def broken_rules(table: pd.DataFrame, contract: Contract, exported_on: date) -> Counter[tuple[str, str]]:
    """Return how many values of the extract break which rule, by column and rule.

    ``exported_on`` is the day of the export in the study's calendar; no date may be after it. A subject that
    occurs three times breaks uniqueness twice. What pandera says of single values is dropped here: it quotes
    them.
    """
    import pandera.pandas as pa
    from pandera.config import ValidationDepth, config_context

    try:
        # Said here, because pandera lets environment variables switch validation off without a word.
        with config_context(
            validation_enabled=True,
            validation_depth=ValidationDepth.SCHEMA_AND_DATA,
            use_narwhals_backend=False,
        ):
            _schema(contract, exported_on).validate(_with_plain_dates(table, contract), lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
    else:
        return Counter()
    counts: Counter[tuple[str, str]] = Counter()
    for column, check in zip(cases["column"], cases["check"], strict=True):
        rule = _OF_PANDERA.get(str(check), str(check))
        if rule.startswith("dtype("):
            counts[str(column), TYPE] = len(table)
        else:
            counts[str(column), rule] += 1
    return counts


def _with_plain_dates(table: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Return the table with dates as Python's own, whatever way Parquet was read."""
    dates = {
        column.name: pd.Series(
            [None if pd.isna(value) else value for value in table[column.name]],
            dtype=object,
            index=table.index,
        )
        for column in contract.columns
        if column.type == "date"
    }
    return table.assign(**dates)


def _schema(contract: Contract, exported_on: date) -> pa.DataFrameSchema:
    import pandera.pandas as pa

    columns: dict[Any, Any] = {
        column.name: pa.Column(
            object if column.type == "date" else DTYPES[column.type],
            _checks(column, exported_on),
            nullable=not column.required,
            unique=column.name == contract.subject,
            report_duplicates="exclude_first",
        )
        for column in contract.columns
    }
    return pa.DataFrameSchema(columns, strict=True)


def _checks(column: Column, exported_on: date) -> list[pa.Check]:
    import pandera.pandas as pa

    checks = []
    if column.minimum is not None:
        checks.append(pa.Check.ge(column.minimum, error=MINIMUM))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum, error=MAXIMUM))
    if column.values is not None:
        checks.append(pa.Check.isin(column.values, error=ALLOWED))
    if column.type == "date":
        checks.append(pa.Check.le(exported_on, error=FUTURE))
    return checks


def expectation(column: Column, rule: str, exported_on: date) -> str:
    """Return what a rule expects of a column, in words."""
    unit = f" {column.unit}" if column.unit else ""
    return {
        REQUIRED: "a value for every subject",
        UNIQUE: "one row per subject",
        MINIMUM: f"at least {column.minimum or 0:g}{unit}",
        MAXIMUM: f"at most {column.maximum or 0:g}{unit}",
        ALLOWED: f"one of {', '.join(column.values or ())}",
        FUTURE: f"no date after {exported_on.isoformat()}, the day of the export",
        TYPE: f"type {column.type}",
    }[rule]
