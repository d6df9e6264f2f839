"""SAS transport files, version 5, as texts (SAS technical note TS-140, "The record layout of a SAS transport data set")."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from math import ldexp

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.described import Described, DescribedTable, Kind
from medicore.records.delivery.spelling import spelled_number

_RECORD = 80
_NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhl52s")
_HEADER = b"HEADER RECORD*******%s HEADER RECORD!!!!!!!"
_EPOCH = date(1960, 1, 1)
_MIDNIGHT = datetime(1960, 1, 1)  # noqa: DTZ001 - moments of SAS have no zone
_MISSING = frozenset(b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""First bytes of the missing values '.', '._' and '.A' to '.Z'; their other bytes are zero."""

_DATES = ("DATE", "DAY", "DDMMYY", "E8601DA", "IS8601DA", "B8601DA", "JULIAN", "MMDDYY", "MONYY", "WEEKDATE",
          "WORDDATE", "YYMMDD")  # fmt: skip
_MOMENTS = ("DATETIME", "DATEAMPM", "DTDATE", "E8601DT", "IS8601DT", "B8601DT", "MDYAMPM")
_TIMES = ("TIME", "TOD", "HHMM", "E8601TM", "IS8601TM", "B8601TM")

_AGAIN = "have the file exported again"


@dataclass(frozen=True, slots=True)
class _Variable:
    """The position of a variable in an observation, and the function that turns its bytes into text."""

    described: Described
    start: int
    length: int
    text: Callable[[bytes], str]


def read_xport(data: bytes, name: str) -> DescribedTable:
    """Return the one data set in the transport file ``data`` as texts; ``name`` names it in error messages.

    A number becomes the shortest decimal text of its value. Where the variable's format is one of days, seconds of
    the day, or seconds since 1960, it becomes an ISO 8601 date, time, or date and time; a value outside the range of
    its format stays a number. Missing values become empty texts. Texts lose the blanks that fill their field.

    Raises
    ------
    DataError
        When the file is not of version 5, is cut or damaged, has several data sets, has two variables of the same
        name, or has characters that are not UTF-8.
    """
    if data[:_RECORD].startswith(b"HEADER RECORD*******LIBV8"):
        raise DataError(f"{name} is a SAS transport file of version 8; expected version 5; {_AGAIN}")
    if len(data) % _RECORD or not data.startswith(_HEADER % b"LIBRARY"):
        raise DataError(
            f"{name} is not a whole SAS transport file of version 5; expected its header and records of 80 bytes; "
            f"{_AGAIN}"
        )
    if data.count(_HEADER % b"MEMBER ") != 1:
        raise DataError(f"{name} has no data set or several; expected one in each file; {_AGAIN}")
    try:
        variables, start = _variables(data, name)
    except (struct.error, ValueError) as error:
        raise DataError(f"{name} has a damaged header ({type(error).__name__}); {_AGAIN}") from None
    names = tuple(variable.described.name for variable in variables)
    if not names or "" in names or len(set(names)) != len(names):
        raise DataError(
            f"{name} has no variables, or two of the same name; expected variables with different names; {_AGAIN}"
        )
    rows = tuple(_row(variables, observation) for observation in _observations(data[start:], variables, name))
    return DescribedTable(TextTable(names, rows), tuple(variable.described for variable in variables))


def _variables(data: bytes, name: str) -> tuple[list[_Variable], int]:
    """Return the variables in their order, and where the observations begin."""
    place = data.index(_HEADER % b"MEMBER ")
    size = int(data[place + 74 : place + 78])
    place = data.index(_HEADER % b"NAMESTR")
    count = int(data[place + 54 : place + 58])
    place += _RECORD
    variables = [_variable(data[place + i * size :][: _NAMESTR.size], name) for i in range(count)]
    place += -(-count * size // _RECORD) * _RECORD
    if not data[place:].startswith(_HEADER % b"OBS    "):
        raise ValueError("the observations do not follow the variables")
    return variables, place + _RECORD


def _variable(described: bytes, name: str) -> _Variable:
    kind, _, length, _, title, label, form, *_, start, _ = _NAMESTR.unpack(described)
    if kind not in {1, 2} or start < 0 or length < 1 or (kind == 1 and not 2 <= length <= 8):
        raise ValueError("a variable is neither number nor text")
    texts = [_characters(part, name) for part in (title, label, form)]
    if kind == 2:
        return _Variable(
            Described(texts[0], texts[1], "text"), start, length, partial(_characters, name=name)
        )
    means = _kind(texts[2])
    return _Variable(Described(texts[0], texts[1], means), start, length, _TEXTS[means])


def _kind(form: str) -> Kind:
    # The longest names first: DATETIME begins with DATE.
    if form.startswith(_MOMENTS):
        return "moment"
    if form.startswith(_TIMES):
        return "time"
    return "date" if form.startswith(_DATES) else "number"


def _observations(data: bytes, variables: list[_Variable], name: str) -> list[bytes]:
    """Return the bytes of each observation, without the blanks that fill the last record.

    Blank observations shorter than 80 bytes at the end of the last record are such fill; SAS reads them in this way.
    """
    width = max(variable.start + variable.length for variable in variables)
    if sum(variable.length for variable in variables) != width:
        raise DataError(f"{name} has variables that overlap; expected one after the other; {_AGAIN}")
    count = len(data) // width
    fill = len(data) - count * width
    if data[count * width :].strip(b" "):
        raise DataError(f"{name} ends within an observation; expected whole observations; {_AGAIN}")
    found = [data[i * width : (i + 1) * width] for i in range(count)]
    while found and fill + width < _RECORD and not found[-1].strip(b" "):
        fill += width
        found.pop()
    # The bytes of a number are never blanks, even when it is missing.
    numbers = any(variable.described.kind != "text" for variable in variables)
    blank = [not observation.strip(b" ") for observation in found]
    if fill >= _RECORD or blank[-1:] == [True] or (numbers and any(blank)):
        raise DataError(
            f"{name} has blanks in place of observations; expected observations up to its end; {_AGAIN}"
        )
    return found


def _row(variables: list[_Variable], observation: bytes) -> tuple[str, ...]:
    return tuple(
        variable.text(observation[variable.start : variable.start + variable.length])
        for variable in variables
    )


def _characters(field: bytes, name: str) -> str:
    try:
        return field.rstrip(b" ").decode("utf-8")
    except UnicodeDecodeError:
        # Not chained: the cause would carry the text into a traceback.
        raise DataError(
            f"{name} has characters that are not UTF-8; expected ASCII or UTF-8; {_AGAIN}"
        ) from None


def value_of(field: bytes) -> float | None:
    """Return the number in a field of 2 to 8 bytes, or None when it is missing.

    The format is IBM's hexadecimal floating point: a sign bit, seven bits of exponent to base 16 in excess 64, and a
    fraction of up to 56 bits. A double keeps 53 bits of the fraction, as SAS does. A short field lacks the last
    bytes; they count as zeros.
    """
    fraction = int.from_bytes(field[1:].ljust(7, b"\0"))
    if fraction == 0:
        return None if field[0] in _MISSING else 0.0
    value = ldexp(float(fraction), 4 * ((field[0] & 0x7F) - 64) - 56)
    return -value if field[0] & 0x80 else value


def _number(field: bytes) -> str:
    value = value_of(field)
    return "" if value is None else spelled_number(value)


def _of_days(field: bytes) -> str:
    days = value_of(field)
    if days is None:
        return ""
    if days != int(days):
        return spelled_number(days)
    try:
        return (_EPOCH + timedelta(days=int(days))).isoformat()
    except OverflowError:
        return spelled_number(days)


def _of_seconds(field: bytes) -> str:
    seconds = value_of(field)
    if seconds is None:
        return ""
    try:
        moment = _MIDNIGHT + timedelta(seconds=seconds)
    except OverflowError:
        return spelled_number(seconds)
    return moment.isoformat()


def _of_time(field: bytes) -> str:
    seconds = value_of(field)
    if seconds is None:
        return ""
    if not 0 <= seconds < 24 * 3600:
        return spelled_number(seconds)
    return (_MIDNIGHT + timedelta(seconds=seconds)).time().isoformat()


_TEXTS: dict[Kind, Callable[[bytes], str]] = {
    "number": _number,
    "date": _of_days,
    "moment": _of_seconds,
    "time": _of_time,
}
