"""Numbers in the cells of a workbook as texts: what their number format shows decides about days, moments and times."""

import re
from datetime import date, datetime, timedelta

from medicore.records.delivery.described import Kind
from medicore.records.delivery.spelling import spelled_number

_DATES = {*range(14, 18), *range(27, 32), 34, 35, 36, *range(50, 59)}
_TIMES = {18, 19, 20, 21, 32, 33, 45, 46, 47}
_MOMENT = 22
"""The formats by number of ECMA-376, 18.8.30, those of East Asia included."""

_WRITTEN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.IGNORECASE)
"""Parts of a format that are shown as they stand, and colours, conditions and currencies."""

_DIGITS = 15
_NO_DAY = 60
"""In the calendar from 1900, the number of 29 February 1900, a day that never was."""


def kind_of_number_format(number: int, code: str) -> Kind:
    """Return the kind of value that a number format shows, by its number or, where that is its own, by its code."""
    if not code:
        if number == _MOMENT:
            return "moment"
        return "date" if number in _DATES else "time" if number in _TIMES else "number"
    plain = _WRITTEN.sub("", code.split(";")[0]).lower()
    if "general" in plain or "0" in plain.split(".")[0] or "#" in plain:
        return "number"
    days, hours = bool(set(plain) & set("yd")), bool(set(plain) & set("hs"))
    if days:
        return "moment" if hours else "date"
    return "time" if hours else "date" if "m" in plain else "number"


def text_of_cell(value: str, kind: Kind, epoch_1904: bool) -> str | None:
    """Return the text of a number in a cell, or None when it is rounded or no day of the workbook's calendar.

    A workbook rounds whole numbers to 15 digits. Moments and times are right to a millisecond. A day with a time is a
    moment, whatever its format shows.
    """
    number = float(value)
    if kind == "number":
        return spelled_number(number) if number != int(number) or abs(number) < 10**_DIGITS else None
    if kind == "time" and 0 <= number < 1:
        return _moment(datetime(1900, 1, 1), number).time().isoformat()  # noqa: DTZ001 - cells have no zone
    if kind == "time" or (number < 1 and not epoch_1904) or number < 0:
        return spelled_number(number) if kind == "time" else None
    if not epoch_1904 and int(number) == _NO_DAY:
        return None
    first = date(1904, 1, 1) if epoch_1904 else date(1899, 12, 31 if number < _NO_DAY else 30)
    start = datetime(first.year, first.month, first.day)  # noqa: DTZ001
    if kind == "date" and number == int(number):
        return (first + timedelta(days=int(number))).isoformat()
    return _moment(start, number).isoformat()


def _moment(start: datetime, days: float) -> datetime:
    return start + timedelta(milliseconds=round(days * 86_400_000))
