"""How binary numbers, days and moments are spelled as text: the shortest text that reads back as the same value."""

from datetime import date, datetime, time
from math import isfinite

_EXACT = 2**53
"""Up to here every integer is a double, and its digits are the value."""


def spelled_number(value: float) -> str:
    """Return the shortest decimal text that reads back as this double; a whole number has no point.

    Infinity and what is no number are spelled ``inf`` and ``nan``, which no contract takes for a number.
    """
    if isfinite(value) and value == int(value) and abs(value) <= _EXACT:
        return str(int(value))
    return repr(float(value))


def spelled(value: object) -> str | None:
    """Return a plain value as text, the empty one for None, or None when it is of a type that has no one spelling."""
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
