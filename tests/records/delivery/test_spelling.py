"""Spelling of numbers, days and moments."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.records.delivery.spelling import spelled, spelled_number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_the_same_double(value: float) -> None:
    """Whatever the double, its text is that double, and no other."""
    assert float(spelled_number(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (63.0, "63"),
        (-7.0, "-7"),
        (25.1, "25.1"),
        (1e300, "1e+300"),
        (5e-324, "5e-324"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (None, ""),
        ("001", "001"),
        (True, "true"),
        (False, "false"),
        (2**60, "1152921504606846976"),
        (date(2014, 1, 2), "2014-01-02"),
        (datetime(2014, 1, 2, 3, 4, 5), "2014-01-02T03:04:05"),  # noqa: DTZ001 - the file has no zone
        (time(3, 4), "03:04:00"),
        (b"x", None),
        ([1], None),
    ],
)
def test_spelling_of_plain_values(value: object, text: str | None) -> None:
    """Plain values have one spelling each; bytes and lists have none."""
    assert spelled(value) == text
