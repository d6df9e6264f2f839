"""Parquet files as texts."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from medicore.errors import DataError
from medicore.records.delivery.described import Described
from medicore.records.delivery.parquet import read_parquet


def written(**columns: Any) -> bytes:
    """Return the Parquet file of these columns."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue())


WHOLE = written(id=["001", "NA", None], age=[41.5, 63.0, None])


def test_texts_and_numbers_come_as_they_are() -> None:
    """Texts are never converted, numbers have their shortest text, and null is empty."""
    found = read_parquet(WHOLE, "x")
    assert found.table.columns == ("id", "age")
    assert found.table.rows == (("001", "41.5"), ("NA", "63"), ("", ""))
    assert found.columns == (Described("id", "", "text"), Described("age", "", "number"))


@pytest.mark.parametrize(
    ("values", "text", "kind"),
    [
        (pa.array([0.1], pa.float32()), "0.1", "number"),
        (pa.array([1.5], pa.float16()), "1.5", "number"),
        (pa.array([2**62]), "4611686018427387904", "number"),
        (pa.array([Decimal("1.50")]), "1.50", "number"),
        (pa.array([True]), "true", "truth"),
        (pa.array([date(2014, 1, 2)]), "2014-01-02", "date"),
        (pa.array([datetime(2014, 1, 2, 3, 4)]), "2014-01-02T03:04:00", "moment"),  # noqa: DTZ001 - the file has no zone
        (pa.array([time(3, 4)]), "03:04:00", "time"),
        (pa.array(["high"]).dictionary_encode(), "high", "text"),
        (pa.array([float("nan")]), "nan", "number"),
        (pa.array([None], pa.float32()), "", "number"),
        (pa.array([None], pa.decimal128(5, 2)), "", "number"),
    ],
)
def test_each_type_has_one_spelling(values: pa.Array, text: str, kind: str) -> None:
    """Every plain type has one spelling, single precision its own digits and not those of the double."""
    found = read_parquet(written(x=values), "x")
    assert (found.table.rows, found.columns[0].kind) == (((text,),), kind)


def test_labels_are_read() -> None:
    """A label in a field's metadata is the column's."""
    sink = pa.BufferOutputStream()
    field = pa.field("age", pa.int64(), metadata={"label": "Age (years)"})
    pq.write_table(pa.table({"age": [1]}, schema=pa.schema([field])), sink)
    assert read_parquet(bytes(sink.getvalue()), "x").columns[0].label == "Age (years)"


def test_no_rows_are_a_table() -> None:
    """A file without rows has its columns."""
    assert read_parquet(written(id=pa.array([], pa.string())), "x").table.rows == ()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not a whole Parquet file"),
        (b"PAR1", "not a whole Parquet file"),
        (WHOLE[:-10], "not a whole Parquet file"),
        (WHOLE[:4] + bytes(60) + WHOLE[64:], "not a whole Parquet file"),
        (written(id=[["a"]]), "column 1 is of type list"),
        (written(id=[b"a"]), "column 1 is of type binary"),
        (written(), "no columns"),
    ],
)
def test_damaged_files_are_refused(data: bytes, problem: str) -> None:
    """What is cut, damaged or holds what is no value is refused in one line that quotes none (FAULTS 33)."""
    with pytest.raises(DataError, match=problem) as caught:
        read_parquet(data, "adsl.parquet")
    assert "\n" not in str(caught.value)
    assert "001" not in str(caught.value)


def test_two_columns_of_one_name_are_refused() -> None:
    """Which of two columns of one name is meant nobody can say."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), sink)
    with pytest.raises(DataError, match="two of the same name"):
        read_parquet(bytes(sink.getvalue()), "x")
