"""Dataset-JSON 1.1 files as texts: each file holds one whole data set of CDISC's exchange format."""

import zlib
from collections.abc import Collection, Mapping
from typing import Any

from medicore.errors import DataError
from medicore.records.delivery.dataset_json_page import page_of
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.described import Described, DescribedTable, Kind
from medicore.records.delivery.strict_json import read_json

_KINDS: Mapping[str, Kind] = {
    "string": "text",
    "URI": "text",
    "integer": "number",
    "decimal": "number",
    "float": "number",
    "double": "number",
    "boolean": "truth",
    "date": "date",
    "datetime": "moment",
    "time": "time",
}
"""The kind of value of each ``dataType`` of Dataset-JSON 1.1."""

_KEYS = frozenset(
    {"datasetJSONCreationDateTime", "datasetJSONVersion", "fileOID", "dbLastModifiedDateTime", "originator",
     "sourceSystem", "studyOID", "metaDataVersionOID", "metaDataRef", "itemGroupOID", "isReferenceData", "records",
     "name", "label", "columns", "rows"}
)  # fmt: skip
_COLUMN_KEYS = frozenset(
    {"itemOID", "name", "label", "dataType", "targetDataType", "length", "displayFormat", "keySequence"}
)

_AGAIN = "have the file exported again"
_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS
_LARGEST = 512 << 20
"""The largest number of bytes of a data set after decompression."""


def read_dataset_json(data: bytes, name: str) -> DescribedTable:
    """Return the data set in ``data`` as texts; ``name`` names it in error messages.

    Numbers keep their spelling, in JSON or in a text, without surrounding blanks; null becomes the empty text. Keys
    that the standard does not know are a vendor's extensions and are ignored.

    Raises
    ------
    DataError
        When the bytes are not Dataset-JSON 1.1, ``records`` differs from the number of rows, a type is unknown, a key
        differs from one of the standard in its case alone, or two columns share a name or an item.
    """
    return _described(read_json(data, name), name)


def read_dataset_ndjson(data: bytes, name: str) -> DescribedTable:
    """Return the data set in NDJSON: its metadata in the first line, then a line per row; see ``read_dataset_json``."""
    lines = [line for line in data.split(b"\n") if line.strip()]
    if not lines:
        raise DataError(f"{name} is empty; expected the metadata of a data set in its first line; {_AGAIN}")
    found = read_json(lines[0], f"{name}, line 1,")
    if not isinstance(found, dict) or "rows" in found:
        raise DataError(
            f"{name} does not begin with the metadata of a data set; expected NDJSON of Dataset-JSON 1.1: metadata in "
            f"the first line, then a row in each; {_AGAIN}"
        )
    rows = [read_json(line, f"{name}, line {number},") for number, line in enumerate(lines[1:], start=2)]
    return _described({**found, "rows": rows} if rows else found, name)


def read_compressed_dataset_json(data: bytes, name: str) -> DescribedTable:
    """Return the data set in compressed Dataset-JSON 1.1: NDJSON in the format of zlib (RFC 1950) or gzip (RFC 1952).

    The standard names the first; CDISC's own examples are in the second. The first bytes tell which it is.
    """
    stream = zlib.decompressobj(wbits=_ZLIB_OR_GZIP)
    try:
        plain = stream.decompress(data, _LARGEST)
    except zlib.error:
        raise DataError(
            f"{name} is not whole compressed Dataset-JSON; expected NDJSON compressed by zlib or gzip; {_AGAIN}"
        ) from None
    if not stream.eof or stream.unused_data:
        raise DataError(
            f"{name} is cut, has further bytes after its end, or holds more than {_LARGEST >> 20} MiB; expected one whole "
            f"compressed data set; {_AGAIN}"
        )
    return read_dataset_ndjson(plain, name)


def _described(found: Any, name: str) -> DescribedTable:  # noqa: ANN401 - JSON is any of its types
    page = page_of(found, name)
    if page.records != len(page.table.rows):
        raise DataError(
            f"{name} has {len(page.table.rows)} rows; expected {page.records}, the number in its 'records'; {_AGAIN}"
        )
    listed: list[dict[str, Any]] = found["columns"]
    _require_spelled(name, _KEYS, found)
    for column in listed:
        _require_spelled(name, _COLUMN_KEYS, column)
    items = [column.get("itemOID") for column in listed]
    if len({str(item) for item in items}) != len(items):
        raise DataError(f"{name} has two columns with the same itemOID; expected different ones; {_AGAIN}")
    columns = tuple(_description(column, name) for column in listed)
    numbers = {place for place, column in enumerate(columns) if column.kind == "number"}
    rows = tuple(
        tuple(text.strip(" ") if place in numbers else text for place, text in enumerate(row))
        for row in page.table.rows
    )
    return DescribedTable(TextTable(page.table.columns, rows), columns)


def _require_spelled(name: str, known: frozenset[str], found: Collection[str]) -> None:
    """Raise DataError when a key differs from one of the standard in its case alone; others are a vendor's extensions."""
    folded = {key.casefold(): key for key in known}
    for key in set(found) - known:
        if key.casefold() in folded:
            raise DataError(
                f"{name} has the key {key!r}; expected {folded[key.casefold()]!r}, as Dataset-JSON 1.1 spells it; {_AGAIN}"
            )


def _description(column: dict[str, Any], name: str) -> Described:
    kind = _KINDS.get(str(column.get("dataType")))
    if kind is None:
        raise DataError(
            f"{name} has a column whose dataType is unknown or missing; expected one of {', '.join(_KINDS)}; {_AGAIN}"
        )
    label = column.get("label")
    return Described(str(column["name"]), label if isinstance(label, str) else "", kind)
