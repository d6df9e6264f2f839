"""Data sets of Stata as texts: files that another package wrote."""

from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from medicore.errors import DataError
from medicore.records.delivery.described import Described
from medicore.records.delivery.programs.stata import read_stata

TABLE = pd.DataFrame(
    {
        "id": ["001", "002", "né"],
        "x": [1.5, None, 2.0**60],
        "n": [1, 2, "a"],
        "d": [date(2024, 1, 2), None, date(1500, 1, 1)],
        "m": [datetime(2024, 1, 2, 3, 4, 5), None, None],  # noqa: DTZ001 - Stata has no zones
        "t": [time(1, 2, 3), None, None],
    }
)


def written(folder: Path, table: pd.DataFrame = TABLE, version: int = 15, **more: object) -> bytes:
    """Return the table as a file of Stata, written by ReadStat."""
    pyreadstat.write_dta(table, folder / "x.dta", version=version, **more)
    return (folder / "x.dta").read_bytes()


def by_pandas(table: pd.DataFrame, version: int, **more: object) -> bytes:
    """Return the table as a file of Stata, written by pandas."""
    stream = BytesIO()
    table.to_stata(stream, version=version, write_index=False, **more)
    return stream.getvalue()


def test_values_are_those_of_the_file(tmp_path: Path) -> None:
    """Days, moments and times are ISO 8601, '.' is empty, and '.a' stays apart."""
    data = written(tmp_path, missing_user_values={"n": ["a"]}, column_labels=["Name", *[""] * 5])
    found = read_stata(data, "x.dta")
    assert found.table.rows == (
        ("001", "1.5", "1", "2024-01-02", "2024-01-02T03:04:05", "01:02:03"),
        ("002", "", "2", "", "", ""),
        ("né", "1.152921504606847e+18", ".a", "1500-01-01", "", ""),
    )
    assert found.columns[0] == Described("id", "Name", "text")
    assert [column.kind for column in found.columns[1:]] == ["number", "number", "date", "moment", "time"]


@pytest.mark.parametrize("version", [114, 117, 118, 119])
def test_single_precision_keeps_its_own_digits(version: int) -> None:
    """The number 0.1 of four bytes is 0.1 and not the double next to it; codes stay codes."""
    table = pd.DataFrame(
        {"x": np.array([0.1, 2], dtype="float32"), "c": pd.Series(["no", "yes"], dtype="category")}
    )
    assert read_stata(by_pandas(table, version), "x").table.rows == (("0.1", "0"), ("2", "1"))


def test_before_stata_14_an_encoding_is_declared() -> None:
    """Letters of a file that cannot say its encoding need a declaration, and are read by it; from then on it is UTF-8."""
    old = by_pandas(TABLE[["id"]], 117)
    with pytest.raises(DataError, match="states no encoding, as before Stata 14"):
        read_stata(old, "x")
    assert read_stata(old, "x", "windows-1252").table.rows[2] == ("né",)
    with pytest.raises(DataError, match="not shift_jis"):
        read_stata(old, "x", "shift_jis")
    with pytest.raises(DataError, match="is in UTF-8, as its version"):
        read_stata(by_pandas(TABLE[["id"]], 118), "x", "windows-1252")


def test_units_without_a_spelling_are_refused() -> None:
    """Months since 1960 are not taken for a number."""
    table = pd.DataFrame({"m": [datetime(2024, 1, 1)]})  # noqa: DTZ001
    with pytest.raises(DataError, match=r"variable 1 has the format %tm; expected %td or %tc"):
        read_stata(by_pandas(table, 118, convert_dates={"m": "tm"}), "x")


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    """Cut anywhere, or with letters that are not its own, a file is refused in one line that quotes nothing (FAULTS 33)."""
    data = written(tmp_path, TABLE[["id", "x"]])
    for end in range(0, len(data), 97):
        with pytest.raises(DataError, match="Stata") as caught:
            read_stata(data[:end], "x")
        assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="UnicodeWarning"):
        read_stata(data.replace("né".encode(), b"n\xff\xfe"), "x")
