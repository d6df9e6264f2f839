"""CSV files whose last line says that they are whole."""

import pytest

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.ended_csv import read_ended

WHOLE = b'id,note\r\n001,"EOF\r\nEOF"\r\n'


@pytest.mark.parametrize("end", [b"EOF", b"EOF\n", b"EOF\r\n"])
def test_end_marker_is_no_row(end: bytes) -> None:
    """The marker proves the end and is left out; the same letters in a value stay."""
    assert read_ended(WHOLE + end, "x") == TextTable(("id", "note"), (("001", "EOF\r\nEOF"),))


@pytest.mark.parametrize("kept", range(len(WHOLE) + 2))
def test_every_cut_is_seen(kept: int) -> None:
    """Wherever the file is cut, it is refused (FAULTS 33)."""
    with pytest.raises(DataError):
        read_ended((WHOLE + b"EOF")[:kept], "x")


@pytest.mark.parametrize("data", [b"", b"EOF", b"id\r\n001EOF", b"id,a\r\n1,2\r\nEOF\r\n\r\n"])
def test_marker_stands_on_a_last_line_of_its_own(data: bytes) -> None:
    """Letters at the end of a value are no marker, and nothing follows it."""
    with pytest.raises(DataError, match="does not end with the line EOF"):
        read_ended(data, "x")
