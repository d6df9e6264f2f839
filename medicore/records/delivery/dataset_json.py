"""Dataset-JSON 1.1 files as texts: each file holds one whole data set of CDISC's exchange format."""

from collections.abc import Mapping
from typing import Any

from medicore.errors import DataError
from medicore.records.delivery.dataset_json_page import read_page
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


def read_dataset_json(data: bytes, name: str) -> DescribedTable:
    """Return the data set in ``data`` as texts; ``name`` names it in error messages.

    Numbers keep their spelling, in JSON or in a text, without surrounding blanks; null becomes the empty text.

    Raises
    ------
    DataError
        When the bytes are not Dataset-JSON 1.1, ``records`` differs from the number of rows, a key or type is unknown,
        or two columns share a name or an item.
    """
    page = read_page(data, name)
    if page.records != len(page.table.rows):
        raise DataError(
            f"{name} has {len(page.table.rows)} rows; expected {page.records}, the number in its 'records'; {_AGAIN}"
        )
    found = read_json(data, name)
    listed: list[dict[str, Any]] = found["columns"]
    unknown = sorted(set(found) - _KEYS) + sorted({key for column in listed for key in column} - _COLUMN_KEYS)
    if unknown:
        raise DataError(
            f"{name} has {len(unknown)} unknown key(s), the first {unknown[0][:40]!r}; expected those of Dataset-JSON "
            f"1.1; {_AGAIN}"
        )
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


def _description(column: dict[str, Any], name: str) -> Described:
    kind = _KINDS.get(str(column.get("dataType")))
    if kind is None:
        raise DataError(
            f"{name} has a column whose dataType is unknown or missing; expected one of {', '.join(_KINDS)}; {_AGAIN}"
        )
    label = column.get("label")
    return Described(str(column["name"]), label if isinstance(label, str) else "", kind)
