"""Casting: every text becomes what the contract says, or is counted as not fitting."""

import math
from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.records.delivery.delimited import TextTable
from medicore.records.protocol.contract import Column, Contract
from medicore.steps.data.casting import DTYPES, EXPECTED, LARGEST_INTEGER, Uncastable, cast_column, cast_table


def column(kind: str, name: str = "x") -> Column:
    """Return a column of a type, with what that type needs."""
    extra = {"number": {"unit": "kg"}, "category": {"values": ["a"]}}.get(kind, {})
    return Column.model_validate(
        {"name": name, "type": kind, "timing": "baseline", "required": False, **extra}
    )


def outcome(kind: str, text: str) -> object:
    """Return the value of one text, or the rule that it breaks."""
    values, broken = cast_column(column(kind), [text])
    assert values.dtype == pd.Series([], dtype=DTYPES[kind]).dtype
    if broken:
        assert pd.isna(values[0])
        ((rule, count),) = broken.items()
        assert count == 1
        assert rule in EXPECTED
        return f"breaks {rule}"
    return None if pd.isna(values[0]) else values[0]


@pytest.mark.parametrize("kind", ["identifier", "category"])
@pytest.mark.parametrize(
    "text", ["001", "NA", "1e400", "nan", "None", " x ", "نور", "Zoë", "=HYPERLINK(1)", "0"]
)
def test_texts_are_preserved(kind: str, text: str) -> None:
    """Identifiers and categories keep every character: codes, names in any script, formulas (FAULTS 43-45)."""
    assert outcome(kind, text) == text


@pytest.mark.parametrize("kind", sorted(DTYPES))
def test_missing_is_what_the_contract_says_it_is(kind: str) -> None:
    """Only the texts that the contract lists mean that there is no value."""
    assert outcome(kind, "") is None
    values, broken = cast_column(column(kind), ["NA", ""], missing=("NA",))
    assert pd.isna(values[0])
    expected = {"identifier": {}, "category": {}}.get(kind, {kind: 1})
    assert dict(broken) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0.0),
        ("12.50", 12.5),
        ("-.5", -0.5),
        ("+3.", 3.0),
        ("1e3", 1000.0),
        ("0e0", 0.0),
        ("0.000", 0.0),
        ("-10.09395976", -10.09395976),
        ("1.7976931348623157e308", 1.7976931348623157e308),
    ],
)
def test_numbers_are_read_to_the_last_digit(text: str, value: float) -> None:
    """A decimal number becomes the double nearest to it."""
    assert outcome("number", text) == value


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1e400", "representable"),
        ("-1e309", "representable"),
        ("1e-400", "representable"),
        ("0.0000001e-400", "representable"),
        ("001", "number"),
        ("00.5", "number"),
        ("12,5", "decimal point"),
        ("1,234,567", "number"),
        ("abc", "number"),
        ("NA", "number"),
        ("nan", "number"),
        ("inf", "number"),
        ("1_000", "number"),
        ("0x10", "number"),
        (" 1", "number"),
        ("1\n", "number"),
        ("\uff11\uff12", "number"),
        (".", "number"),
        ("1e", "number"),
        ("--1", "number"),
    ],
)
def test_what_is_no_number_is_counted(text: str, rule: str) -> None:
    """Nothing is coerced: codes, words, foreign decimals and what a double cannot hold break a rule (FAULTS 44)."""
    assert outcome("number", text) == f"breaks {rule}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("-7", -7),
        (str(LARGEST_INTEGER), LARGEST_INTEGER),
        (str(LARGEST_INTEGER + 1), "breaks representable"),
        ("9" * 5000, "breaks representable"),
        ("007", "breaks integer"),
        ("12.0", "breaks integer"),
        ("12.5", "breaks integer"),
        ("1e3", "breaks integer"),
        ("+1", "breaks integer"),
        ("NA", "breaks integer"),
        ("\u0661", "breaks integer"),
    ],
)
def test_integers_are_whole_and_exact(text: str, expected: object) -> None:
    """A whole number is one as written, and one that a double holds exactly (FAULTS 35, 44)."""
    assert outcome("integer", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("2025-02-29", "breaks date"),
        ("2025-13-01", "breaks date"),
        ("2025-03", "breaks date"),
        ("20250301", "breaks date"),
        ("2025-W10-1", "breaks date"),
        ("01.03.2025", "breaks date"),
        ("2025-03-01T00:00", date(2025, 3, 1)),
        ("2025-03-01T00:00:00", date(2025, 3, 1)),
        ("2025-03-01 00:00:00.000000", date(2025, 3, 1)),
        ("2025-03-01T00:00:01", "breaks moment"),
        ("2025-03-01T23:59", "breaks moment"),
        ("2025-03-01T00:00:00Z", "breaks moment"),
        ("2025-03-01T00:00:00+01:00", "breaks moment"),
        ("2025-02-30T00:00:00", "breaks date"),
        ("0000-01-01", "breaks date"),
        ("0001-01-01", date(1, 1, 1)),
    ],
)
def test_dates_are_whole_days_of_the_calendar(text: str, expected: object) -> None:
    """A date is YYYY-MM-DD and exists; partial dates are not completed, and a moment at midnight is a day."""
    assert outcome("date", text) == expected


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_survives_its_own_text(value: float) -> None:
    """The shortest text of a double is read back as that double."""
    read = outcome("number", repr(value))
    assert isinstance(read, float)
    assert math.copysign(1, read) == math.copysign(1, value)
    assert read == value


@given(st.text(max_size=8))
def test_no_text_breaks_the_casting(text: str) -> None:
    """Whatever was delivered, a value is cast, missing or counted; it never raises."""
    for kind in DTYPES:
        values, broken = cast_column(column(kind), [text])
        assert len(values) == 1
        assert sum(broken.values()) <= 1


CONTRACT = Contract.model_validate(
    {
        "subject": "id",
        "columns": [
            {"name": "id", "type": "identifier", "timing": "administrative"},
            *(column(kind, f"a_{kind}").model_dump() for kind in sorted(DTYPES)),
        ],
    }
)


def test_rows_are_sorted_by_subject_as_text() -> None:
    """Identifiers are ordered as texts, columns by the contract, and columns outside it are left out."""
    texts = TextTable(("extra", "a_number", "id"), (("s", "1", "9"), ("t", "2", "10"), ("u", "3", "010")))
    table, uncastable = cast_table(texts, CONTRACT)
    assert tuple(table.columns) == CONTRACT.names
    assert list(table["id"]) == ["010", "10", "9"]
    assert list(table["a_number"]) == [3.0, 2.0, 1.0]
    assert uncastable == ()


@pytest.mark.parametrize("rows", [(), (("",),), (("b",), ("a",))])
def test_columns_that_were_not_delivered_are_missing_and_typed(rows: tuple[tuple[str, ...], ...]) -> None:
    """A table without rows, subjects or columns still has every column of the contract in its type."""
    for header in (("id",), ("other",)):
        table, _ = cast_table(TextTable(header, rows), CONTRACT)
        assert len(table) == len(rows)
        expected = {c.name: pd.Series([], dtype=DTYPES[c.type]).dtype for c in CONTRACT.columns}
        assert dict(table.dtypes) == expected
        assert table.drop(columns="id").isna().all(axis=None)


def test_what_does_not_fit_is_counted_by_column_and_rule() -> None:
    """Counts are kept apart by rule, in the order of the contract."""
    texts = TextTable(
        ("id", "a_number", "a_date"), (("1", "x", "?"), ("2", "1e400", ""), ("3", "y", "2025-01-01"))
    )
    table, uncastable = cast_table(texts, CONTRACT)
    assert uncastable == (
        Uncastable("a_date", "date", 1),
        Uncastable("a_number", "number", 2),
        Uncastable("a_number", "representable", 1),
    )
    assert table["a_number"].isna().all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12,5", 12.5),
        ("-0,25", -0.25),
        ("12", 12.0),
        ("1.234", "decimal comma"),
        ("1.234,5", "decimal comma"),
        ("1,2,3", "number"),
    ],
)
def test_a_declared_decimal_comma_is_one(text: str, expected: object) -> None:
    """Under a decimal comma a point may mean thousands, and is refused."""
    values, broken = cast_column(column("number"), [text], decimal=",")
    assert (list(broken) or [values[0]]) == [expected]


def test_a_recoded_text_is_a_value_even_where_it_means_missing() -> None:
    """A flag that is Y or empty becomes 1 and 0; a text that is not recoded stays what it is."""
    flag = Column.model_validate(
        {
            "name": "dead",
            "type": "integer",
            "timing": "follow-up",
            "recode": {"Y": "1", "": "0"},
            "missing": ["NA", ""],
        }
    )
    values, broken = cast_column(flag, ["Y", "", "NA", "N"], flag.missing or ())
    assert (values[0], values[1]) == (1, 0)
    assert pd.isna(values[2])
    assert dict(broken) == {"integer": 1}


def test_each_column_has_its_own_decimal_mark_and_missing_texts() -> None:
    """The file's declaration holds where the column has none of its own."""
    contract = Contract.model_validate(
        {
            "subject": "id",
            "columns": [
                {"name": "id", "type": "identifier", "timing": "administrative"},
                {"name": "a", "type": "number", "timing": "baseline", "unit": "kg", "missing": ["-99"]},
                {"name": "b", "type": "number", "timing": "baseline", "unit": "kg", "decimal": "."},
            ],
        }
    )
    found, broken = cast_table(
        TextTable(("id", "a", "b"), (("1", "2,5", "2.5"), ("2", "-99", "")), frozenset("ab")), contract
    )
    assert broken == ()
    assert found["a"].tolist()[0] == found["b"].tolist()[0] == 2.5
    assert found["a"].isna().tolist() == [False, True]
