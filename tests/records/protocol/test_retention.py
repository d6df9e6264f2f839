"""Retention: at least fifteen years, never a day early."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import ArchiveError
from medicore.records.protocol.retention import retain_until


def test_leap_day() -> None:
    """A record of 29 February is kept until 1 March where the later year has no such day, and a day of its own where it has."""
    assert retain_until(date(2024, 2, 29), 15) == date(2039, 3, 1)
    assert retain_until(date(2024, 2, 29), 16) == date(2040, 2, 29)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(15, 100))
def test_never_early(start: date, years: int) -> None:
    """The end is never before the same day that many years later."""
    end = retain_until(start, years)
    assert (end.year - start.year, end.month, end.day) >= (years, start.month, min(start.day, 28))
    assert (end - start).days >= 365 * years


def test_too_short() -> None:
    """Fewer than fifteen years are refused."""
    with pytest.raises(ArchiveError, match="too short"):
        retain_until(date(2025, 1, 1), 14)
