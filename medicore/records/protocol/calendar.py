"""The study's calendar: months of its time zone as moments in UTC, and the day on which a report is due."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from medicore.errors import ProtocolError
from medicore.records.identifiers import month_id

DUE_AFTER = 5
"""Business days from the end of the month to the day on which its report is due."""


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time in UTC; ``start`` is included, ``end`` is excluded."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


def month_after(month: str, count: int = 1) -> str:
    """Return the month that is ``count`` months after ``month``; a negative count goes back.

    Raises
    ------
    ProtocolError
        When ``month`` is malformed, or the result leaves the years 2000 to 9999.
    """
    total = _ordinal(month) + count
    year, index = divmod(total, 12)
    if not 2000 <= year <= 9999:
        raise ProtocolError(f"{count} months after {month} is outside 2000 to 9999; choose another month")
    return f"{year:04d}-{index + 1:02d}"


def months_between(first: str, last: str) -> int:
    """Return the number of months from ``first`` to ``last``; negative when ``last`` is earlier."""
    return _ordinal(last) - _ordinal(first)


def first_day(month: str) -> date:
    """Return the first day of ``month``."""
    year, index = divmod(_ordinal(month), 12)
    return date(year, index + 1, 1)


def last_day(month: str) -> date:
    """Return the last day of ``month``."""
    return first_day(month_after(month)) - timedelta(days=1)


def month_period(month: str, timezone: str) -> Period:
    """Return the month, from its first local midnight to the first of the next month, as moments in UTC."""
    return Period(
        day_begins(first_day(month), timezone), day_begins(last_day(month) + timedelta(days=1), timezone)
    )


def day_begins(day: date, timezone: str) -> datetime:
    """Return the moment, in UTC, at which ``day`` begins in ``timezone``.

    Where clocks skip midnight, the day begins when they change. Where midnight occurs twice, the day begins with
    the first one (PEP 495, fold 0).
    """
    return datetime.combine(day, time(), tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def local_date(moment: datetime, timezone: str) -> date:
    """Return the date of ``moment`` in ``timezone``; ``moment`` has its own zone."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def due_date(month: str, business_days: int = DUE_AFTER) -> date:
    """Return the day on which the month's report is due: so many business days after the month's last day.

    Business days are Monday to Friday. Public holidays are unknown here and count as business days.
    """
    day = last_day(month)
    for _ in range(business_days):
        day += timedelta(days=7 - day.weekday() if day.weekday() >= 4 else 1)
    return day


def late_from(month: str, timezone: str, business_days: int = DUE_AFTER) -> datetime:
    """Return the moment, in UTC, from which the month's report is late: the end of the due date."""
    return day_begins(due_date(month, business_days) + timedelta(days=1), timezone)


def _ordinal(month: str) -> int:
    """Return the number of months from year 0 to ``month``."""
    year, index = month_id(month).split("-")
    return 12 * int(year) + int(index) - 1
