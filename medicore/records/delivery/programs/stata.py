"""Data sets of Stata (``.dta``) as texts, by the reader of pandas."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from medicore.errors import DataError
from medicore.records.delivery.described import Described, DescribedTable, Kind, as_table
from medicore.records.delivery.programs.pandas_reading import whole_file
from medicore.records.delivery.sas_numbers import spelled_as
from medicore.records.delivery.spelling import spelled

_UNICODE = 118
"""The first version of the format whose texts are in UTF-8."""

_TAGGED = 117
"""The first version of the format that ends with a tag."""

_AGAIN = "have the file exported again"


def read_stata(data: bytes, name: str, encoding: str | None = None) -> DescribedTable:
    """Return the data set in ``data`` as texts; ``name`` names it in error messages; ``encoding`` is the declared one.

    Numbers become the shortest decimal text, those of single precision their own digits; ``%td`` days and ``%tc``
    moments become ISO 8601. The missing value ``.`` gives the empty text; ``.a`` to ``.z`` stay, so that no contract
    takes them for a value. Codes are not replaced by their labels.

    Raises
    ------
    DataError
        When the file is cut or damaged, has characters that are not in its encoding, is of Stata 13 or before with
        characters outside of ASCII and no declared encoding, or has dates in another unit than days and milliseconds.
    """
    import pandas as pd

    with whole_file(name, "Stata", _AGAIN):  # pandas reads in another encoding where one fails, and warns
        made: Any = pd.read_stata(BytesIO(data), iterator=True)
        with made as reader:
            table = reader.read(
                convert_dates=False,
                convert_categoricals=False,
                convert_missing=True,
                preserve_dtypes=True,
            )
            labels = reader.variable_labels()
            # Public nowhere: the display formats, and the version that decides about the encoding.
            forms, types, version = [*reader._fmtlist], [*reader._typlist], reader._format_version
    if version >= _TAGGED and not data.endswith(b"</stata_dta>"):
        raise DataError(f"{name} does not end as a data set of Stata does; expected it whole; {_AGAIN}")
    read = _Encoded(name, encoding, unicode=version >= _UNICODE)
    columns = []
    for place, title in enumerate(table.columns):
        shown = read.text(str(title))
        kind = _kind(forms[place], f"{name}: variable {place + 1}")
        single = types[place] in {"f", 65527}
        texts = [*_texts(table.iloc[:, place].tolist(), kind, single, read)]
        columns.append((Described(shown, read.text(labels.get(title, "")), kind), texts))
    return as_table(columns, name)


class _Encoded:
    """Texts of a file; those of versions without a stated encoding come as bytes in the guise of Latin-1."""

    def __init__(self, name: str, declared: str | None, *, unicode: bool) -> None:
        if unicode and declared not in {None, "utf-8"}:
            raise DataError(
                f"{name} is in UTF-8, as its version of the format says; expected {declared}, which was declared; declare "
                "no encoding"
            )
        self._name, self._declared, self._unicode = name, declared, unicode

    def text(self, text: str) -> str:
        """Return a text of the file."""
        if self._unicode or text.isascii():
            return text
        if self._declared is None:
            raise DataError(
                f"{self._name} has characters outside of ASCII and states no encoding, as before Stata 14; expected a "
                "declared one; declare it in the manifest ('medicore edc manifest --encoding windows-1252')"
            )
        try:
            return text.encode("latin-1").decode(self._declared)
        except UnicodeError:
            raise DataError(
                f"{self._name} has a character that is not {self._declared}; expected {self._declared}; declare the "
                "encoding that it has"
            ) from None


def _kind(form: str, place: str) -> Kind:
    """Return the kind of value that a display format shows."""
    plain = form.replace("-", "")
    if plain.startswith("%tc"):
        clock = plain.removeprefix("%tc")
        return "time" if clock and not set(clock) - set("HhMmSs:.+_AaPp") else "moment"
    if plain.startswith(("%td", "%d")):
        return "date"
    if plain.startswith("%t"):
        raise DataError(
            f"{place} has the format {form[:12]}; expected %td or %tc, because weeks, months, quarters and leap seconds have no "
            "spelling of their own; have it exported as a day or a moment"
        )
    return "text" if plain.endswith("s") else "number"


def _texts(values: Iterable[object], kind: Kind, single: bool, read: _Encoded) -> Iterator[str]:
    for value in values:
        plain = value.item() if hasattr(value, "item") else value
        if isinstance(plain, str):
            yield read.text(plain)
        elif isinstance(plain, int | float):
            yield _number(plain, kind, single)
        else:
            yield _missing(plain)


def _missing(value: object) -> str:
    """Return the text of a missing value of Stata: '' or one of '.a' to '.z'."""
    text = str(value)
    return "" if text in {".", "nan", "None"} else text


def _number(value: float, kind: Kind, single: bool) -> str:
    if kind == "number" and single:
        from numpy import float32

        value = float(str(float32(value)))
    if kind in {"moment", "time"}:
        value /= 1000
    return (spelled(value) or "") if kind in {"number", "text"} else spelled_as(value, kind)
