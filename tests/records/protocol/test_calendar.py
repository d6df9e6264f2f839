"""The study's calendar: months, their boundaries in UTC, and due dates."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import ProtocolError
from medicore.records.protocol.calendar import (
    Period,
    day_begins,
    due_date,
    first_day,
    last_day,
    late_from,
    local_date,
    month_after,
    month_period,
    months_between,
)

MONTHS = st.builds(lambda year, month: f"{year}-{month:02d}", st.integers(2001, 2100), st.integers(1, 12))
ZONES = st.sampled_from(sorted(available_timezones()))


def utc(*parts: int) -> datetime:
    """Return a moment in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@given(MONTHS, st.integers(-12, 1200))
def test_month_arithmetic_goes_and_comes_back(month: str, count: int) -> None:
    """Going some months on is undone by counting, and by going as many months back."""
    later = month_after(month, count)
    assert months_between(month, later) == count
    assert month_after(later, -count) == month


def test_month_arithmetic_crosses_the_year() -> None:
    """December is followed by January of the next year."""
    assert month_after("2024-12") == "2025-01"
    assert month_after("2025-01", -1) == "2024-12"


@pytest.mark.parametrize(("month", "count"), [("2000-01", -1), ("9999-12", 1)])
def test_month_arithmetic_stays_in_the_calendar(month: str, count: int) -> None:
    """A month that no identifier can name is refused."""
    with pytest.raises(ProtocolError, match="outside 2000 to 9999"):
        month_after(month, count)


def test_malformed_month_is_refused() -> None:
    """The calendar knows months only as YYYY-MM."""
    with pytest.raises(ProtocolError, match="malformed"):
        first_day("2025-13")


@pytest.mark.parametrize(
    ("month", "last"),
    [("2024-02", 29), ("2025-02", 28), ("2100-02", 28), ("2000-02", 29), ("2025-04", 30), ("2025-12", 31)],
)
def test_last_day_knows_the_length_of_months(month: str, last: int) -> None:
    """The last day follows the Gregorian calendar, leap years included."""
    assert last_day(month) == date.fromisoformat(f"{month}-{last}")


@pytest.mark.parametrize(
    ("timezone", "start", "end"),
    [
        # Clocks go forward on 30 March in Zurich, on 9 March in New York; Auckland's go back on 6 April.
        ("Europe/Zurich", utc(2025, 2, 28, 23), utc(2025, 3, 31, 22)),
        ("America/New_York", utc(2025, 3, 1, 5), utc(2025, 4, 1, 4)),
        ("Pacific/Auckland", utc(2025, 2, 28, 11), utc(2025, 3, 31, 11)),
        ("Pacific/Honolulu", utc(2025, 3, 1, 10), utc(2025, 4, 1, 10)),
        ("Asia/Kolkata", utc(2025, 2, 28, 18, 30), utc(2025, 3, 31, 18, 30)),
    ],
)
def test_month_begins_and_ends_at_local_midnight(timezone: str, start: datetime, end: datetime) -> None:
    """The period of a month is explicit, in UTC, whatever daylight saving does in between (FAULTS 69)."""
    assert month_period("2025-03", timezone) == Period(start, end)


@given(MONTHS, ZONES)
def test_months_follow_each_other_without_gap(month: str, timezone: str) -> None:
    """In every zone a month ends at the very moment at which the next begins, and has 28 to 31 days."""
    period = month_period(month, timezone)
    assert period.end == month_period(month_after(month), timezone).start
    assert timedelta(days=27, hours=20) < period.end - period.start < timedelta(days=31, hours=4)
    assert local_date(period.start, timezone) == first_day(month)
    assert local_date(period.end - timedelta(microseconds=1), timezone) == last_day(month)


def test_period_holds_its_start_and_not_its_end() -> None:
    """A period is half open, so that every moment is in one month exactly."""
    period = month_period("2025-03", "Europe/Zurich")
    assert period.start in period
    assert period.end - timedelta(microseconds=1) in period
    assert period.end not in period
    assert period.start - timedelta(microseconds=1) not in period


def test_one_moment_is_in_different_months_in_auckland_and_honolulu() -> None:
    """The same moment can fall on the last day of a month in one study and on the first in another (FAULTS 69)."""
    moment = utc(2025, 3, 31, 12)
    assert local_date(moment, "Pacific/Auckland") == date(2025, 4, 1)
    assert local_date(moment, "Pacific/Honolulu") == date(2025, 3, 31)


def test_day_begins_with_the_change_where_midnight_does_not_exist() -> None:
    """Where clocks go from 23:59 to 01:00 the day begins at that moment."""
    # In Beirut clocks went forward at midnight of 31 March 2024: that day begins at 01:00, UTC+3.
    assert day_begins(date(2024, 3, 31), "Asia/Beirut") == utc(2024, 3, 30, 22)


def test_day_begins_with_the_first_of_two_midnights() -> None:
    """Where midnight comes twice the day begins with the first."""
    # In Havana clocks go back from 01:00 to 00:00 on 3 November 2024.
    assert day_begins(date(2024, 11, 3), "America/Havana") == utc(2024, 11, 3, 4)


@pytest.mark.parametrize(
    ("month", "due"),
    [
        ("2025-03", date(2025, 4, 7)),  # ends on a Monday
        ("2025-01", date(2025, 2, 7)),  # ends on a Friday
        ("2025-05", date(2025, 6, 6)),  # ends on a Saturday
        ("2025-08", date(2025, 9, 5)),  # ends on a Sunday
        ("2025-04", date(2025, 5, 7)),  # ends on a Wednesday
    ],
)
def test_report_is_due_five_business_days_after_the_month(month: str, due: date) -> None:
    """Saturdays and Sundays do not count towards the due date."""
    assert due_date(month) == due


@given(MONTHS, st.integers(1, 30))
def test_due_date_counts_business_days_only(month: str, business_days: int) -> None:
    """Between the end of the month and the due date there are as many weekdays as were asked for."""
    due = due_date(month, business_days)
    days = (due - last_day(month)).days
    weekdays = sum((last_day(month) + timedelta(days=day)).weekday() < 5 for day in range(1, days + 1))
    assert due.weekday() < 5
    assert weekdays == business_days


def test_report_is_late_when_the_due_day_is_over_where_the_study_is() -> None:
    """A report on its due day is in time until midnight of the study's own zone."""
    assert late_from("2025-03", "Pacific/Honolulu") == utc(2025, 4, 8, 10)
    assert late_from("2025-03", "Pacific/Auckland") == utc(2025, 4, 7, 12)
