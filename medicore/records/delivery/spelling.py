"""Binary numbers, days and moments as text: the shortest text that reads back as the same value."""

from datetime import date, datetime, time
from math import isfinite

_EXACT = 2**53
"""Up to this size a double represents every integer exactly, so its digits are its spelling."""


def spelled_number(value: float) -> str:
    """Return the shortest decimal text that reads back as this double; a whole number has no decimal point.

    Infinity becomes ``inf`` and NaN becomes ``nan``; no contract accepts these as a number.
    """
    if isfinite(value) and value == int(value) and abs(value) <= _EXACT:
        return str(int(value))
    return repr(float(value))


def spelled(value: object) -> str | None:
    """Return a plain value as text, or None when its type has no unique spelling; the value None gives the empty text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return spelled_number(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return None
