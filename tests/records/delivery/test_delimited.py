"""Comma-separated files as texts."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable, read_delimited

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


def test_every_text_stays_as_it_was_written() -> None:
    """Leading zeros, NA, huge numbers, blanks and right-to-left names are texts like any other (FAULTS 43, 44)."""
    row = ("001", "NA", "1e400", " x ", "نور", "Zoë", "=HYPERLINK(1)", "")
    table = read_delimited(("a,b,c,d,e,f,g,h\r\n" + ",".join(row) + "\r\n").encode(), "file.csv")
    assert table.rows == (row,)


def test_byte_order_mark_is_no_part_of_the_first_name() -> None:
    """A file with a byte-order mark reads like one without (FAULTS 43)."""
    assert read_delimited(b"\xef\xbb\xbfid,x\n1,2\n", "f") == read_delimited(b"id,x\n1,2\n", "f")


@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=5))
def test_what_a_csv_writer_writes_is_read_back(rows: list[list[str]]) -> None:
    """Quotes, commas and line ends inside fields survive (RFC 4180)."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["a", "b", "c"], *rows])
    assert read_delimited(buffer.getvalue().encode(), "f") == TextTable(
        ("a", "b", "c"), tuple(tuple(row) for row in rows)
    )


def test_empty_lines_are_no_rows() -> None:
    """A line without any field is not a subject."""
    assert read_delimited(b"a,b\n\n1,2\n\n", "f").rows == (("1", "2"),)


def test_column_gives_the_texts_of_one_column() -> None:
    """A column is read from top to bottom by its name."""
    assert read_delimited(b"a,b\n1,2\n3,4\n", "f").column("b") == ("2", "4")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"id,name\n1,M\xfcller\n", "not UTF-8 from byte 11"),
        ("id,x\n1,2\n".encode("utf-16"), "not UTF-8"),
        (b'id,x\n1,"open', "not CSV by RFC 4180"),
        (b"id,id\n1,2\n", "columns of the same name"),
        (b"id,x\n1,2\n3\n4,5,6\n", "2 row"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, problem: str) -> None:
    """A cut, mixed or wrongly encoded file is refused in one line that names file and problem (FAULTS 33)."""
    with pytest.raises(DataError, match=problem) as caught:
        read_delimited(data, "raw/subjects.csv")
    assert str(caught.value).startswith("raw/subjects.csv ")
    assert "\n" not in str(caught.value)


def test_refusal_keeps_the_file_out_of_the_traceback() -> None:
    """The cause of a wrong encoding would carry the whole file, so it is not chained (FAULTS 71)."""
    with pytest.raises(DataError) as caught:
        read_delimited(b"id,name\n1,M\xfcller\n", "f")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
