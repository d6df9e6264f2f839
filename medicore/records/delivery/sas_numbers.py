"""Numbers of SAS transport files: IBM's hexadecimal floating point as texts, and what is no number at all."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from math import isfinite, ldexp

from medicore.records.delivery.described import Kind
from medicore.records.delivery.spelling import spelled_number

_EPOCH = date(1960, 1, 1)
_MIDNIGHT = datetime(1960, 1, 1)  # noqa: DTZ001 - moments of SAS have no zone
_MISSING = frozenset(b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""First bytes of the missing values '.', '._' and '.A' to '.Z'; their other bytes are zero."""

_POINT, _UNDERSCORE, _BLANK = b"._ "


class DamagedNumberError(ValueError):
    """The bytes of a number are neither a number as SAS writes it nor one of its missing values."""


def value_of(field: bytes) -> float | None:
    """Return the number in a field of 2 to 8 bytes, or None when it is missing (SAS technical note TS-140).

    The format is IBM's hexadecimal floating point: a sign bit, seven bits of exponent to base 16 in excess 64, and a
    fraction of up to 56 bits. A double keeps 53 bits of the fraction, as SAS does. A short field lacks the last
    bytes; they count as zeros.

    Raises
    ------
    DamagedNumberError
        When the fraction does not begin with a digit other than zero, as that of every number of SAS does; when the
        first byte is the point of a missing value and the others are not zero (as a number, it would be below
        2.2e-22); or when the field holds blanks.
    """
    fraction = int.from_bytes(field[1:].ljust(7, b"\0"))
    if fraction == 0:
        if field[0] in _MISSING:
            return None
        if field[0] & 0x7F:
            raise DamagedNumberError
        return 0.0
    blank = field[0] in {_BLANK, _UNDERSCORE} and set(field[1:]) <= {_BLANK, 0}
    if fraction < 1 << 52 or field[0] == _POINT or blank:
        raise DamagedNumberError
    value = ldexp(float(fraction), 4 * ((field[0] & 0x7F) - 64) - 56)
    return -value if field[0] & 0x80 else value


def _number(value: float) -> str:
    return spelled_number(value)


def _of_days(days: float) -> str:
    if days != int(days):
        return spelled_number(days)
    try:
        return (_EPOCH + timedelta(days=int(days))).isoformat()
    except OverflowError:
        return spelled_number(days)


def _of_seconds(seconds: float) -> str:
    try:
        moment = _MIDNIGHT + timedelta(seconds=seconds)
    except OverflowError:
        return spelled_number(seconds)
    return moment.isoformat()


def _of_time(seconds: float) -> str:
    if not 0 <= seconds < 24 * 3600:
        return spelled_number(seconds)
    return (_MIDNIGHT + timedelta(seconds=seconds)).time().isoformat()


_SPELLED: dict[Kind, Callable[[float], str]] = {
    "number": _number,
    "date": _of_days,
    "moment": _of_seconds,
    "time": _of_time,
}


def text_of_number(field: bytes, kind: Kind) -> str:
    """Return the text of a numeric field by the kind of its format; a missing value gives the empty text.

    A number becomes the shortest decimal text of its value. Days, seconds of the day, and seconds since 1960 become an
    ISO 8601 date, time, or date and time; a value outside the range of its format stays a number.

    Raises
    ------
    DamagedNumberError
        As ``value_of`` does.
    """
    value = value_of(field)
    return "" if value is None else spelled_as(value, kind)


def spelled_as(value: float, kind: Kind) -> str:
    """Return the text of a number by the kind of its format, as ``text_of_number`` does: days and seconds since 1960."""
    return _SPELLED[kind](value) if isfinite(value) else spelled_number(value)
