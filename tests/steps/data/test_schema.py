"""The rules of the data contract on whole tables, against pandera's answers to the same questions."""

from collections import Counter
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medicore.errors import IntegrityError
from medicore.records.protocol.contract import Column, Contract
from medicore.steps.data.casting import DTYPES
from medicore.steps.data.schema import (
    ALLOWED,
    FUTURE,
    MAXIMUM,
    MINIMUM,
    REQUIRED,
    TYPE,
    UNIQUE,
    broken_rules,
    expectation,
)

EXPORTED = date(2025, 4, 1)
CONTRACT = Contract(
    subject="subject",
    columns=(
        Column(name="subject", type="identifier", timing="administrative"),
        Column(name="site", type="identifier", timing="administrative", required=False),
        Column(name="enrolled", type="date", timing="administrative"),
        Column(name="ended", type="date", timing="follow-up", required=False),
        Column(name="age", type="integer", timing="baseline", minimum=18, maximum=90),
        Column(name="visits", type="integer", timing="follow-up", required=False, maximum=3.5),
        Column(name="weight", type="number", unit="kg", timing="baseline", minimum=30.5, maximum=250),
        Column(name="change", type="number", unit="kg", timing="follow-up", required=False),
        Column(name="sex", type="category", timing="baseline", values=("F", "M")),
        Column(name="arm", type="category", timing="baseline", required=False, values=("a", "b")),
    ),
)
OF_PANDERA = {"not_nullable": REQUIRED, "field_uniqueness": UNIQUE}
VALUES: dict[str, st.SearchStrategy[object]] = {
    "identifier": st.sampled_from(["001", "1", "", "a b", "é"]),
    "category": st.sampled_from(["F", "M", "f", "a", "b", ""]),
    "integer": st.sampled_from([-1, 0, 3, 4, 17, 18, 90, 91, 2**53]),
    "number": st.sampled_from(
        [-0.0, 1e-300, 30.5, np.nextafter(30.5, 0), 250.0, np.nextafter(250, 251), 1e308]
    ),
    "date": st.sampled_from([EXPORTED + timedelta(days=days) for days in (-9000, -1, 0, 1, 9000)]),
}


def tables(longest: int = 30) -> st.SearchStrategy[pd.DataFrame]:
    """Return tables of the contract's columns and types, each with its gaps."""

    def of(size: int) -> st.SearchStrategy[pd.DataFrame]:
        columns = {
            column.name: st.lists(st.none() | VALUES[column.type], min_size=size, max_size=size).map(
                lambda values, kind=column.type: pd.Series(values, dtype=DTYPES[kind])
            )
            for column in CONTRACT.columns
        }
        return st.fixed_dictionaries(columns).map(pd.DataFrame)

    return st.integers(0, longest).flatmap(of)


def by_pandera(table: pd.DataFrame) -> Counter[tuple[str, str]]:
    """Return what pandera finds: its failure cases, by column and rule."""
    columns = {}
    for column in CONTRACT.columns:
        checks = [
            *([pa.Check.ge(column.minimum, error=MINIMUM)] if column.minimum is not None else []),
            *([pa.Check.le(column.maximum, error=MAXIMUM)] if column.maximum is not None else []),
            *([pa.Check.isin(column.values, error=ALLOWED)] if column.values is not None else []),
            *([pa.Check.le(EXPORTED, error=FUTURE)] if column.type == "date" else []),
        ]
        columns[column.name] = pa.Column(
            object if column.type == "date" else DTYPES[column.type],
            checks,
            nullable=not column.required,
            unique=column.name == CONTRACT.subject,
            report_duplicates="exclude_first",
        )
    dates = {
        column.name: pd.Series([None if pd.isna(day) else day for day in table[column.name]], dtype=object)
        for column in CONTRACT.columns
        if column.type == "date"
    }
    try:
        pa.DataFrameSchema(columns, strict=True).validate(table.assign(**dates), lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        return Counter(
            (str(column), OF_PANDERA.get(str(check), str(check)))
            for column, check in zip(cases["column"], cases["check"], strict=True)
        )
    return Counter()


def sound(rows: int = 3) -> pd.DataFrame:
    """Return a table that breaks no rule."""
    values = {
        "subject": [f"{row:03}" for row in range(rows)], "site": ["1"] * rows, "enrolled": [EXPORTED] * rows,
        "ended": [None] * rows, "age": [18] * rows, "visits": [3] * rows, "weight": [30.5] * rows,
        "change": [-1.5] * rows, "sex": ["F"] * rows, "arm": ["a"] * rows,
    }  # fmt: skip
    kinds = {column.name: DTYPES[column.type] for column in CONTRACT.columns}
    return pd.DataFrame({name: pd.Series(of, dtype=kinds[name]) for name, of in values.items()})


@settings(max_examples=20, deadline=None)
@given(tables())
def test_every_count_is_panderas(table: pd.DataFrame) -> None:
    """Whatever the values and gaps, each rule is broken as often as pandera says, and no other rule is."""
    assert broken_rules(table, CONTRACT, EXPORTED) == by_pandera(table)


def test_a_sound_table_breaks_nothing() -> None:
    """Values at the limits, on the day of the export, and gaps where they are allowed keep every rule."""
    assert broken_rules(sound(), CONTRACT, EXPORTED) == Counter()
    assert broken_rules(sound(0), CONTRACT, EXPORTED) == Counter()


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("subject", pd.Series([1, 2, 3])),
        ("age", pd.Series(["18", "19", "20"], dtype="str")),
        ("age", pd.Series([18.0, 19.0, 20.0])),
        ("weight", pd.Series(["70", "71", "72"], dtype="str")),
        ("weight", pd.Series([70, 71, 72], dtype="Int64")),
        ("sex", pd.Series([1, 2, 3])),
        ("sex", pd.Series(["F", "M", "x"], dtype="category")),
    ],
)
def test_a_column_of_another_type_breaks_that_rule_in_every_row(column: str, values: pd.Series) -> None:
    """The type is broken once a row, as pandera says; what is of another type is compared with nothing."""
    table = sound().assign(**{column: values})
    assert broken_rules(table, CONTRACT, EXPORTED) == Counter({(column, TYPE): 3})
    assert any(name == column and rule.startswith("dtype(") for name, rule in by_pandera(table))


@pytest.mark.parametrize("day", ["2025-03-31", datetime(2025, 3, 31), 20250331])  # noqa: DTZ001 - as read
def test_a_date_is_a_date(day: object) -> None:
    """A text, a moment or a number in the place of a date is another type, not a day before the export."""
    enrolled = pd.Series([EXPORTED, day, None], dtype=object)
    found = broken_rules(sound().assign(enrolled=enrolled), CONTRACT, EXPORTED)
    assert found == Counter({("enrolled", TYPE): 3, ("enrolled", REQUIRED): 1})


def test_dates_may_be_pythons_own() -> None:
    """Dates as Parquet gives them back are held against the export as those of Arrow are."""
    days = [EXPORTED, EXPORTED + timedelta(days=1), None]
    for kind in (object, DTYPES["date"]):
        found = broken_rules(sound().assign(ended=pd.Series(days, dtype=kind)), CONTRACT, EXPORTED)
        assert found == Counter({("ended", FUTURE): 1})


@pytest.mark.parametrize("table", [sound().drop(columns="age"), sound().assign(colour="red")])
def test_other_columns_than_the_contracts_are_no_extract(table: pd.DataFrame) -> None:
    """A table that lacks a column of the contract, or has one more, was not written by the extract step."""
    with pytest.raises(IntegrityError, match="other columns than its data contract") as caught:
        broken_rules(table, CONTRACT, EXPORTED)
    assert "colour" not in str(caught.value)


def test_every_rule_says_what_it_expects() -> None:
    """Each rule has words for a reader, with limit and unit."""
    weight = CONTRACT.column("weight")
    words = {rule: expectation(weight, rule, EXPORTED) for rule in (MINIMUM, MAXIMUM, TYPE, REQUIRED)}
    assert words == {
        MINIMUM: "at least 30.5 kg", MAXIMUM: "at most 250 kg", TYPE: "type number",
        REQUIRED: "a value for every subject",
    }  # fmt: skip
    assert expectation(CONTRACT.column("sex"), ALLOWED, EXPORTED) == "one of F, M"
    assert expectation(CONTRACT.column("subject"), UNIQUE, EXPORTED) == "one row per subject"
    assert expectation(CONTRACT.column("ended"), FUTURE, EXPORTED).startswith("no date after 2025-04-01")
