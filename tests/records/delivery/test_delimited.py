"""Comma-separated files as texts."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable, read_delimited
from medicore.records.delivery.reading import Reading

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
        (b"id,name\n1,M\xfcller\n", "character at byte 11, line 2, that is not utf-8"),
        ("id,x\n1,2\n".encode("utf-16"), "begins with the byte-order mark of UTF-16"),
        (b"id;x;y\n1;2;3\n", "one column, whose name holds 2 semicolons"),
        (b"id\tx\n1\t2\n", "one column, whose name holds 1 tabs; expected commas"),
        (b"id,x\n1,2\nEOF\n", "announce it in the format rave-csv"),
        (b"id,x\n1,2,3\n4,5,6\n", "one field more in each of its 2 rows"),
        (b"sep=;\nid;x\n1;2,5;3\n", "1 row"),
        (b"sep=:\nid:x\n", "unknown or not the one of its manifest"),
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


@pytest.mark.parametrize(
    ("data", "reading"),
    [
        (b"id;name\n1;M\xfcller\n", Reading(encoding="windows-1252", delimiter=";")),
        ("id\tname\n1\tMüller\n".encode("utf-16"), Reading(encoding="utf-16", delimiter="\t")),
        ("id|name\r\n1|Müller\r\n".encode(), Reading(delimiter="|")),
        ("sep=;\r\nid;name\r\n1;Müller\r\n".encode(), Reading()),
        ("sep=;\nid;name\n1;Müller\n".encode(), Reading(delimiter=";")),
        ("id,name\nr1,1,Müller\n".encode(), Reading(row_names=True)),
        ('"","id","name"\n"r1","1","Müller"\n'.encode(), Reading(row_names=True)),
    ],
)
def test_a_file_is_read_as_it_is_declared(data: bytes, reading: Reading) -> None:
    """Encoding, delimiter and row names are declared, or told by the file's own first line."""
    assert read_delimited(data, "f", reading) == TextTable(("id", "name"), (("1", "Müller"),))


@pytest.mark.parametrize(
    ("data", "reading", "problem"),
    [
        (
            "id,x\n1,é\n".encode(),
            Reading(encoding="windows-1252"),
            "is UTF-8 and has characters outside of ASCII",
        ),
        (b"id,x\n1,2\n", Reading(encoding="utf-16"), "no byte-order mark of UTF-16"),
        (b"id,x\n1,\x81\n", Reading(encoding="windows-1252"), "byte 7, line 2, that is not windows-1252"),
        (
            b"id,x\n1,2\n",
            Reading(delimiter=";"),
            "one column, whose name holds 1 commas; expected semicolons",
        ),
        (b"sep=,\nid,x\n1,2\n", Reading(delimiter=";"), "not the one of its manifest"),
        (b"id,x\n1,2\n", Reading(row_names=True), "has no row names"),
    ],
)
def test_a_wrong_declaration_is_found(data: bytes, reading: Reading, problem: str) -> None:
    """What is declared and is not so is told, and never read into letters that nobody wrote."""
    with pytest.raises(DataError, match=problem):
        read_delimited(data, "f", reading)


def test_a_header_alone_has_no_rows() -> None:
    """A file of declared row names and no rows is an empty table."""
    assert read_delimited(b"id,x\n", "f", Reading(row_names=True)) == TextTable(("id", "x"), ())


def test_one_column_is_a_table() -> None:
    """A column whose name holds no delimiter is one."""
    assert read_delimited(b"id\n1\n", "f") == TextTable(("id",), (("1",),))
