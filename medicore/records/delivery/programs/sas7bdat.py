"""Data sets of SAS (``.sas7bdat``) as texts, by the reader of pandas."""

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from medicore.errors import DataError
from medicore.records.delivery.described import Described, DescribedTable, Kind, as_table
from medicore.records.delivery.programs.pandas_reading import whole_file
from medicore.records.delivery.sas_formats import kind_of_format
from medicore.records.delivery.sas_numbers import spelled_as

if TYPE_CHECKING:
    import pandas as pd

_AGAIN = "have the file exported again, or as a transport file"


def read_sas7bdat(data: bytes, name: str, encoding: str | None = None) -> DescribedTable:
    """Return the data set in ``data`` as texts; ``name`` names it in error messages; ``encoding`` is the declared one.

    Numbers become the shortest decimal text; dates, moments and times by SAS's own formats ISO 8601. The missing value
    ``.`` gives the empty text; ``._`` and ``.A`` to ``.Z`` stay, so that no contract takes them for a value.

    Raises
    ------
    DataError
        When the file is cut or damaged, is encrypted, or has characters that are not in its encoding; when it states
        another encoding than the declared one, or none while its texts need one.
    """
    from pandas.io.sas.sas7bdat import SAS7BDATReader

    with whole_file(name, "SAS", _AGAIN):
        # Values as they are in the file: their formats are ours to read, and a blank text is no gap.
        opened: Any = SAS7BDATReader
        made = opened(BytesIO(data), convert_dates=False, blank_missing=False, encoding=encoding or "infer")
        with made as reader:
            table = reader.read()
            listed = [(_text(one.name), _text(one.label), _text(one.format)) for one in reader.columns]
            stated = reader.inferred_encoding
            whole = len(data) == reader.header_length + _pages(data) * reader._page_length
    if not whole:
        raise DataError(
            f"{name} has fewer or more bytes than its pages; expected a whole data set of SAS; {_AGAIN}"
        )
    _require_encoding(stated, encoding, name, table, listed)
    columns = []
    for place, (title, label, form) in enumerate(listed):
        values = table.iloc[:, place]
        kind: Kind = kind_of_format(form) if values.dtype.kind == "f" else "text"
        columns.append((Described(title, label, kind), [*_texts(values, kind)]))
    return as_table(columns, name)


def _pages(data: bytes) -> int:
    """Return the number of pages that the header states; its place follows from two marks of alignment."""
    order = "<" if data[37] == 1 else ">"
    place = 204 + (4 if data[35:36] == b"3" else 0)
    return int(struct.unpack_from(f"{order}{'q' if data[32:33] == b'3' else 'i'}", data, place)[0])


def _text(held: str | bytes | None) -> str:
    return held.decode("ascii") if isinstance(held, bytes) else (held or "")


def _texts(values: "pd.Series", kind: Kind) -> Iterator[str]:
    if kind == "text":
        yield from (value if isinstance(value, str) else "" for value in values)
        return
    plain = values.to_numpy()
    for value, bits in zip(plain.tolist(), plain.view("uint64").tolist(), strict=True):
        yield spelled_as(value, kind) if value == value else _missing(bits)


def _missing(bits: int) -> str:
    """Return the text of a missing value by the sixth byte of the double, inverted: 0 is '_', 1 '.', 2 to 27 the letters."""
    code = ~(bits >> 40) & 0xFF
    return "._" if code == 0 else f".{chr(63 + code)}" if 2 <= code <= 27 else ""


def _require_encoding(
    stated: str, declared: str | None, name: str, table: "pd.DataFrame", listed: list[tuple[str, str, str]]
) -> None:
    """Raise DataError when the file and the declaration differ, or neither says how its texts are to be read."""
    known = not stated.startswith("unknown")
    if known and declared is not None and _plain(stated) != _plain(declared):
        raise DataError(
            f"{name} states the encoding {stated}; expected {declared}, which was declared; declare no encoding, or {_AGAIN}"
        )
    if known or declared is not None:
        return
    texts = (value for column in table.columns for value in table[column] if isinstance(value, str))
    if not all(text.isascii() for text in (*texts, *("".join(one) for one in listed))):
        raise DataError(
            f"{name} has characters outside of ASCII and states no encoding that is known; expected a declared one; declare it "
            "in the manifest ('medicore edc manifest --encoding windows-1252')"
        )


def _plain(encoding: str) -> str:
    import codecs

    return codecs.lookup(encoding).name
