"""Casting: texts become typed columns by the contract; a text that does not fit becomes missing and is counted."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from medicore.records.delivery.delimited import TextTable
from medicore.records.protocol.contract import Column, Contract

# A leading zero means a code, not a number: reading 001 as 1 would silently change the type.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?[0-9]*,[0-9]+", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<time>[0-9:.,]+)(?P<zone>Z|[+-][0-9:]+)?", re.ASCII
)
_MIDNIGHT = re.compile(r"00:00(:00([.,]0+)?)?", re.ASCII)

LARGEST_INTEGER = 2**53
"""Up to this size a double represents every integer exactly, so the models compute with the delivered values."""

EXPECTED = {
    "number": "a decimal number such as 12.5",
    "integer": "a whole number such as 12",
    "date": "a date as YYYY-MM-DD",
    "moment": "a day, with a time of 00:00:00 at most and no zone; have the column exported as days",
    "decimal comma": "a number with a decimal comma such as 12,5, which is declared",
    "decimal point": "a number with a decimal point such as 12.5; declare a decimal comma in the manifest or as the "
    "column's 'decimal'",
    "representable": "a value that double precision can hold",
}
"""The expectation of each casting rule, in words."""

DTYPES = {
    "identifier": "str",
    "category": "str",
    "number": "float64",
    "integer": "Int64",
    "date": "date32[day][pyarrow]",
}
"""The type in memory of each type in the contract."""


@dataclass(frozen=True, slots=True)
class Uncastable:
    """The number of values of a column that break a casting rule."""

    column: str
    rule: str
    count: int


class UncastableError(ValueError):
    """A text does not fit the type of its column; the message is the name of the broken rule, never the text."""


def cast_table(texts: TextTable, contract: Contract) -> tuple[pd.DataFrame, tuple[Uncastable, ...]]:
    """Return the typed columns of the contract, with rows sorted by subject as text, and the counts of uncastable values.

    Columns are in the order of the contract. A column that was not delivered has only missing values; a column that the
    contract does not declare is left out.
    """
    order = range(len(texts.rows))
    if contract.subject in texts.columns:
        subjects = texts.column(contract.subject)
        order = sorted(order, key=subjects.__getitem__)  # type: ignore[assignment]
    columns = {}
    failures: list[Uncastable] = []
    for column in contract.columns:
        found = texts.column(column.name) if column.name in texts.columns else ()
        mark = column.decimal or ("," if column.name in texts.commas else ".")
        delivered = [found[row] for row in order] if found else []
        values, broken = cast_column(column, delivered, contract.missing_in(column), mark)
        columns[column.name] = values if found else pd.Series([None] * len(order), dtype=values.dtype)
        failures += [Uncastable(column.name, rule, count) for rule, count in sorted(broken.items())]
    return pd.DataFrame(columns), tuple(failures)


def cast_column(
    column: Column, texts: Sequence[str], missing: Sequence[str] = ("",), decimal: str = "."
) -> tuple[pd.Series, Counter[str]]:
    """Return the typed values of one column, ``(n,)``, and the number of texts that break each rule.

    A text is recoded first, as the contract declares; a text in ``missing`` is no value. ``decimal`` is the decimal mark
    of numbers.
    """
    cast = _comma_number if decimal == "," and column.type == "number" else _CASTS[column.type]
    values: list[object] = []
    broken: Counter[str] = Counter()
    for delivered in texts:
        text = column.recode.get(delivered, delivered)
        try:
            # A recoded text is a value, even where the text as delivered means "no value".
            values.append(None if delivered not in column.recode and text in missing else cast(text))
        except UncastableError as error:
            values.append(None)
            broken[str(error)] += 1
    return pd.Series(values, dtype=DTYPES[column.type]), broken


def _text(text: str) -> str:
    return text


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise UncastableError("decimal point" if _COMMA_NUMBER.fullmatch(text) else "number")
    value = float(text)
    # Overflow gives infinity, underflow gives zero; both differ from the delivered value.
    vanished = value == 0 and any(digit in "123456789" for digit in re.split("[eE]", text)[0])
    if vanished or abs(value) == float("inf"):
        raise UncastableError("representable")
    return value


def _comma_number(text: str) -> float:
    # Under a decimal comma, 1.234 may be a thousand and more.
    if "." in text:
        raise UncastableError("decimal comma")
    return _number(text.replace(",", ".", 1))


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise UncastableError("integer")
    # The length is checked first, because converting a very long text of digits is expensive.
    if len(text) > 17 or abs(int(text)) > LARGEST_INTEGER:
        raise UncastableError("representable")
    return int(text)


def _date(text: str) -> date:
    moment = _MOMENT.fullmatch(text)
    if moment is not None:
        # Days that passed through a type for moments come at midnight: nothing else is lost.
        if moment["zone"] or not _MIDNIGHT.fullmatch(moment["time"]):
            raise UncastableError("moment")
        text = moment["day"]
    if not _DATE.fullmatch(text):
        raise UncastableError("date")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UncastableError("date") from None


_CASTS: dict[str, Callable[[str], object]] = {
    "identifier": _text,
    "category": _text,
    "number": _number,
    "integer": _integer,
    "date": _date,
}
