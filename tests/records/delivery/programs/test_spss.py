"""System files of SPSS as texts: files that another package wrote, whole and damaged."""

import random
import struct
from contextlib import suppress
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from medicore.errors import DataError
from medicore.records.delivery.described import Described
from medicore.records.delivery.programs.spss import read_spss

TABLE = pd.DataFrame(
    {
        "id": ["001", "002", "né"],
        "a_name_of_many_letters": [1.5, None, 2.0**60],
        "code": [1.0, 97.0, -9.0],
        "d": [date(2024, 1, 2), None, date(1600, 1, 1)],
        "m": [datetime(2024, 1, 2, 3, 4, 5), None, None],  # noqa: DTZ001 - SPSS has no zones
        "t": [time(1, 2, 3), None, None],
        "long": ["é" * 290, "", "x" * 600],
        "flag": ["A", "Z", ""],
    }
)
MISSING = {"code": [{"lo": 90, "hi": 99}, -9], "flag": ["Z"]}
STORED = [pytest.param({"row_compress": True}, id="codes"), pytest.param({"compress": True}, id="zlib"),
          pytest.param({}, id="plain")]  # fmt: skip


def written(folder: Path, table: pd.DataFrame = TABLE, **more: object) -> bytes:
    """Return the table as a system file, written by ReadStat."""
    pyreadstat.write_sav(table, folder / "x.sav", **more)
    return (folder / "x.sav").read_bytes()


@pytest.mark.parametrize("stored", STORED)
def test_values_are_those_of_the_file(tmp_path: Path, stored: dict[str, bool]) -> None:
    """However it is stored: dates are ISO 8601, the system's missing value is empty, declared ones are kept apart."""
    data = written(
        tmp_path, missing_ranges=MISSING, column_labels=["", "Länge", *[""] * 6],
        variable_value_labels={"code": {1: "yes", 97: "refused"}}, note="a note", **stored,
    )  # fmt: skip
    found = read_spss(data, "x.sav")
    assert found.table.columns == tuple(TABLE.columns)
    assert found.table.rows == (
        ("001", "1.5", "1", "2024-01-02", "2024-01-02T03:04:05", "01:02:03", "é" * 290, "A"),
        ("002", "", "97 (missing)", "", "", "", "", "Z (missing)"),
        ("né", "1.152921504606847e+18", "-9 (missing)", "1600-01-01", "", "", "x" * 600, ""),
    )
    assert found.columns[1] == Described("a_name_of_many_letters", "Länge", "number")
    assert [column.kind for column in found.columns[3:6]] == ["date", "moment", "time"]


def test_single_missing_values_and_days_with_a_time(tmp_path: Path) -> None:
    """A missing value declared alone is kept apart, and a day with a time is a moment, whatever its format shows."""
    table = pd.DataFrame({"x": [1.0, -9.0], "d": [13923532800.0, 13923532801.5]})
    data = written(tmp_path, table, missing_ranges={"x": [-9]}, variable_format={"d": "DATE11"})
    assert read_spss(data, "x").table.rows == (
        ("1", "2024-01-02"),
        ("-9 (missing)", "2024-01-02T00:00:01.500000"),
    )


@pytest.mark.parametrize("stored", STORED)
def test_damaged_files_are_refused(tmp_path: Path, stored: dict[str, bool]) -> None:
    """Cut anywhere, a file is refused in one line; whatever bytes change, the process goes on (FAULTS 33)."""
    data = written(tmp_path, missing_ranges=MISSING, variable_value_labels={"code": {1: "yes"}}, **stored)
    for end in range(0, len(data), 97):
        with pytest.raises(DataError) as caught:
            read_spss(data[:end], "x")
        assert "\n" not in str(caught.value)
    draw = random.Random(5)  # noqa: S311 - places of damage
    for _ in range(100):
        damaged = bytearray(data)
        for _ in range(3):
            damaged[draw.randrange(len(data))] = draw.randrange(256)
        with suppress(DataError):
            read_spss(bytes(damaged), "x")


def test_lengths_that_no_file_has_are_refused(tmp_path: Path) -> None:
    """A dictionary without variables, with a negative count, or with a block of another length is damaged."""
    head = b"$FL2" + b" " * 60 + struct.pack("<5id", 2, 1, 0, 0, 1, 100.0) + b" " * 84
    end = struct.pack("<2i", 999, 0)
    zipped = written(tmp_path, TABLE[["code"]], compress=True)
    longer = zipped[:-8] + struct.pack("<i", struct.unpack("<i", zipped[-8:-4])[0] + 1) + zipped[-4:]
    for data in (head[:176] + end, head[:176] + struct.pack("<2i", 6, -1) + end, longer):
        with pytest.raises(DataError, match=r"not a whole system file of SPSS \(ValueError\)"):
            read_spss(data, "x")


def stated(data: bytes, code_page: int, name: bytes | None = None) -> bytes:
    """Return a file that states another encoding: the number of a code page, and a name or none."""
    place = data.index(struct.pack("<4i", 7, 3, 4, 8)) + 16
    data = data[: place + 28] + struct.pack("<i", code_page) + data[place + 32 :]
    start = data.index(struct.pack("<3i", 7, 20, 1))
    (length,) = struct.unpack_from("<i", data, start + 12)
    held = b"" if name is None else struct.pack("<4i", 7, 20, 1, len(name)) + name
    return data[:start] + held + data[start + 16 + length :]


def test_an_encoding_is_stated_or_declared_but_never_guessed(tmp_path: Path) -> None:
    """The file's own statement counts; where it has none, letters need a declaration, and both may not differ."""
    data = written(tmp_path, TABLE[["id"]]).replace("né ".encode(), b"n\xe9  ")
    plain = data.replace("né".encode(), b"n\xe9 ")
    for page in (1252, 28591):
        assert read_spss(stated(plain, page), "x").table.rows[2] == ("né",)
    with pytest.raises(DataError, match="not ascii; expected ascii; declare"):
        read_spss(stated(plain, 2), "x")
    assert read_spss(stated(plain, 2), "x", "windows-1252").table.rows[2] == ("né",)
    with pytest.raises(DataError, match="states the encoding windows-1252; expected utf-8"):
        read_spss(stated(plain, 1252), "x", "utf-8")
    with pytest.raises(DataError, match="an encoding that nobody knows"):
        read_spss(stated(plain, 1252, b"martian"), "x", "utf-8")


def test_a_file_of_the_other_byte_order_is_read() -> None:
    """Machines that write the high byte first made many old files."""
    order = ">"
    variable = struct.pack(f"{order}6i8s", 2, 0, 0, 0, 5 << 16 | 8 << 8, 5 << 16 | 8 << 8, b"X       ")
    head = b"$FL2" + b" " * 60 + struct.pack(f"{order}5id", 2, 1, 0, 0, 1, 100.0) + b" " * 84
    end = struct.pack(f"{order}2i", 999, 0)
    documents = struct.pack(f"{order}2i", 6, 1) + b" " * 80
    data = head[:176] + variable + documents + end + struct.pack(f"{order}d", 2.5)
    assert read_spss(data, "x").table.rows == (("2.5",),)
    codes = data[:72] + struct.pack(f"{order}i", 1) + data[76:-8] + bytes([103, 0, 0, 0, 0, 0, 0, 0])
    assert read_spss(codes, "x").table.rows == (("3",),)


def test_the_other_reader_reads_what_is_here(tmp_path: Path) -> None:
    """The written file itself is sound: pyreadstat reads it back."""
    data = written(tmp_path, missing_ranges=MISSING)
    assert pyreadstat.read_sav(BytesIO(data))[1].column_names == list(TABLE.columns)
