"""Data sets of SAS as texts: files that SAS wrote, held against another reader."""

import lzma
import struct
from io import BytesIO
from pathlib import Path

import pyreadstat
import pytest

from medicore.errors import DataError
from medicore.records.delivery.described import Described
from medicore.records.delivery.programs.sas7bdat import read_sas7bdat

SAMPLES = Path(__file__).parent / "samples"
UNKNOWN = 250
"""A number by which SAS knows no encoding; it stands in byte 70."""


def sample(name: str) -> bytes:
    """Return a file that SAS wrote."""
    return lzma.decompress((SAMPLES / f"{name}.sas7bdat.xz").read_bytes())


def changed(data: bytes, place: int, byte: int) -> bytes:
    """Return the file with another byte."""
    return data[:place] + bytes([byte]) + data[place + 1 :]


@pytest.mark.parametrize("name", ["sample", "sample_bincompressed", "date_test"])
def test_another_reader_reads_the_same(name: str) -> None:
    """Names and values are those of pyreadstat, dates, moments and times included; the file may be compressed."""
    ours = read_sas7bdat(sample(name), "x.sas7bdat")
    theirs, meta = pyreadstat.read_sas7bdat(BytesIO(sample(name)))
    assert list(ours.table.columns) == meta.column_names
    for column in ours.columns:
        if meta.original_variable_types[column.name] in {"MMYY7", "YEAR4"}:
            continue  # a day to us; the other reader leaves the number of its days
        mine = ours.table.column(column.name)
        for text, value in zip(mine, theirs[column.name].astype(object), strict=True):
            if value is None or value != value:
                assert text == ""
            elif isinstance(value, float):
                assert float(text) == value
            else:
                assert text == (value if isinstance(value, str) else value.isoformat())


def test_days_are_days_by_every_format_of_sas() -> None:
    """Month and year alone are shown of a day, which stays one."""
    found = read_sas7bdat(sample("date_test"), "x")
    assert found.columns[4] == Described("dtc4", "", "date")
    assert found.table.column("dtc4")[0] == "2023-07-01"


def test_missing_values_are_told_apart() -> None:
    """Of the 28 missing values only '.' is empty; the others are no number to any contract."""
    found = read_sas7bdat(sample("missing_test"), "x").table.rows
    assert found == ((".A", ".B", ".C", ".X", ".Y", ".Z", "._", "", "1"),)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not a whole data set of SAS"),
        (sample("sample")[:-1], "not a whole data set of SAS"),
        (sample("sample")[:70000], "not a whole data set of SAS"),
        (sample("sample_bincompressed")[:140000], "fewer or more bytes than its pages"),
        (sample("sample") + sample("sample")[65536:], "fewer or more bytes than its pages"),
    ],
)
def test_damaged_files_are_refused(data: bytes, problem: str) -> None:
    """What is cut or has more bytes than its pages is refused in one line (FAULTS 33)."""
    with pytest.raises(DataError, match=problem) as caught:
        read_sas7bdat(data, "adsl.sas7bdat")
    assert "\n" not in str(caught.value)


def test_an_encoding_is_stated_or_declared_but_never_guessed() -> None:
    """A declaration that contradicts the file is refused, and so are letters of which nobody says the encoding."""
    with pytest.raises(DataError, match=r"states the encoding utf-8; expected windows-1252"):
        read_sas7bdat(sample("sample"), "x", "windows-1252")
    assert read_sas7bdat(sample("sample"), "x", "utf-8") == read_sas7bdat(sample("sample"), "x")
    unstated = changed(sample("sample"), 70, UNKNOWN)
    assert read_sas7bdat(unstated, "x").table.columns[0] == "mychar"
    letters = unstated.replace(b"mychar", b"m\xe4char")
    with pytest.raises(DataError, match="states no encoding that is known"):
        read_sas7bdat(letters, "x")
    assert read_sas7bdat(letters, "x", "windows-1252").table.columns[0] == "mächar"


def test_the_number_of_pages_is_read_in_files_of_either_width() -> None:
    """The samples are of 64 bits; in a file of 32 bits the number of pages is shorter and stands elsewhere."""
    from medicore.records.delivery.programs.sas7bdat import _pages

    head = bytearray(300)
    head[37] = 0
    struct.pack_into(">i", head, 204, 7)
    assert _pages(bytes(head)) == 7
