"""Parquet files as tables of texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.described import Described, DescribedTable, Kind
from medicore.records.delivery.spelling import spelled

if TYPE_CHECKING:
    import pyarrow as pa

_AGAIN = "have the file exported again"


def read_parquet(data: bytes, name: str) -> DescribedTable:
    """Return the table in the Parquet file ``data`` as texts; ``name`` names it in error messages.

    A number becomes the shortest decimal text that reads back as the same number; days and moments become ISO 8601,
    booleans ``true`` and ``false``, null the empty text. A column's label is the ``label`` in its field's metadata.

    Raises
    ------
    DataError
        When the file is cut or damaged, has no columns, has two columns of the same name, or has a column of lists,
        bytes or other values without a unique spelling.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # No memory mapping and no threads: only these bytes are read, in this thread.
        found = pq.ParquetFile(pa.BufferReader(data)).read(use_threads=False)
        found.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        # Not chained: the cause may quote the file.
        raise DataError(f"{name} is not a whole Parquet file ({type(error).__name__}); {_AGAIN}") from None
    names = tuple(found.column_names)
    if not names or "" in names or len(set(names)) != len(names):
        raise DataError(f"{name} has no columns or two of the same name; expected different names; {_AGAIN}")
    columns = [_texts(found.column(place), f"{name}: column {place + 1}") for place in range(len(names))]
    described = tuple(_description(field) for field in found.schema)
    return DescribedTable(TextTable(names, tuple(zip(*columns, strict=True))), described)


def _texts(column: pa.ChunkedArray, place: str) -> list[str]:
    texts = [spelled(value) for value in _values(column)]
    if any(text is None for text in texts):
        raise DataError(
            f"{place} is of type {column.type}, which has no unique spelling as text; expected text, number, day, "
            "moment or boolean; have it exported as one of them"
        )
    return [text or "" for text in texts]


def _values(column: pa.ChunkedArray) -> Iterable[object]:
    """Return a column's values; a float of less than double precision becomes the double nearest to its spelling."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_dictionary(kind):
        return _values(column.cast(kind.value_type))
    if pa.types.is_decimal(kind):
        return [None if value is None else format(value, "f") for value in column.to_pylist()]
    if pa.types.is_float32(kind) or pa.types.is_float16(kind):
        texts = column.cast(pa.float32()).cast(pa.string()).to_pylist()
        return [None if text is None else float(text) for text in texts]
    values: list[object] = column.to_pylist()
    return values


def _description(field: pa.Field) -> Described:
    label = (field.metadata or {}).get(b"label", b"").decode("utf-8", "replace")
    return Described(field.name, label, _kind(field.type))


def _kind(kind: pa.DataType) -> Kind:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _kind(kind.value_type)
    tests: list[tuple[Kind, bool]] = [
        ("truth", pa.types.is_boolean(kind)),
        ("number", pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)),
        ("date", pa.types.is_date(kind)),
        ("moment", pa.types.is_timestamp(kind)),
        ("time", pa.types.is_time(kind)),
    ]
    return next((name for name, holds in tests if holds), "text")
