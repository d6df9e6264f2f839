"""SAS transport files, version 5."""

import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import DataError
from medicore.records.delivery.described import Described
from medicore.records.delivery.sas_numbers import DamagedNumberError, value_of
from medicore.records.delivery.xport import read_xport
from tests.records.transported import header, number, transport, variable

SUBJECT = variable("SUBJID", 8, 0, text=True, label="Subject")
BOTH = [SUBJECT, variable("AGE", 8, 8, label="Age")]
ROWS = [b"001     " + number(41.5), b"NA      " + number(".")]
WHOLE = transport(BOTH, ROWS)


def texts(form: str, *values: float | str) -> tuple[str, ...]:
    """Return the texts of a numeric variable of this format."""
    variables = [variable("X", 8, 0, form=form), variable("Y", 8, 8)]
    made = transport(variables, [number(value) + number(1) for value in values])
    return read_xport(made, "x")["DM"].table.column("X")


def test_texts_and_numbers_come_as_they_are() -> None:
    """Characters lose their fill alone, numbers have their shortest text, and the labels are there."""
    found = read_xport(WHOLE, "x")["DM"]
    assert found.table.columns == ("SUBJID", "AGE")
    assert found.table.rows == (("001", "41.5"), ("NA", ""))
    assert found.columns == (Described("SUBJID", "Subject", "text"), Described("AGE", "Age", "number"))


def fits(value: float) -> bool:
    """Return whether a double can be written in IBM's format, and does not begin with the point of a missing value."""
    return value == 0 or (abs(value) > 1e-70 and number(value)[:1] not in {b".", b"\xae"})


@given(st.floats(min_value=-1e70, max_value=1e70).filter(fits))
def test_every_double_that_fits_comes_back(value: float) -> None:
    """The hexadecimal floating point of a double is read as that double."""
    assert value_of(number(value)) == value


@pytest.mark.parametrize(
    "field",
    [
        b" " * 8,
        b".       ",
        b".\0\0\0\0\0\0\1",
        b"_       ",
        b".1234567",
        b"A\0\0\0\0\0\0\1",
        b"0\0\0\0\0\0\0\0",
        b"  ",
    ],
)
def test_what_no_sas_writes_is_no_number(field: bytes) -> None:
    """Blanks, a missing value with further bytes and an unnormalised fraction are damage, never a tiny number."""
    with pytest.raises(DamagedNumberError):
        value_of(field)


def test_missing_values_are_empty() -> None:
    """All 28 missing values of SAS are empty texts, and zero is not one of them."""
    assert set(texts("", *"._ABCDEFGHIJKLMNOPQRSTUVWXYZ")) == {""}
    assert texts("", 0.0) == ("0",)


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        ("DATE", 19725.0, "2014-01-02"),
        ("E8601DA", -1.0, "1959-12-31"),
        ("YYMMDD", 19725.5, "19725.5"),
        ("YYMMDDS", 1e12, "1000000000000"),
        ("DATETIME", 86400.5, "1960-01-02T00:00:00.500000"),
        ("E8601DT", 1e18, "1e+18"),
        ("TIME", 3660.0, "01:01:00"),
        ("HHMM", 90000.0, "90000"),
        ("BEST", 19725.0, "19725"),
        ("DATE", ".", ""),
        ("DATETIME", "A", ""),
        ("TIME", "_", ""),
    ],
)
def test_days_and_moments_by_their_format(form: str, value: float | str, text: str) -> None:
    """A format of days, moments or times gives ISO 8601; what it cannot mean stays the number it is."""
    assert texts(form, value) == (text,)


def test_a_short_number_is_the_one_that_was_kept() -> None:
    """The bytes that a variable of three bytes leaves out are zeros."""
    found = read_xport(transport([variable("X", 3, 0)], [number(41.5)[:3]] * 2), "x")["DM"]
    assert found.table.column("X") == ("41.5", "41.5")


def test_blank_observations_at_the_end_are_fill() -> None:
    """Blanks that can be fill are fill, as SAS reads them; a blank observation before a full one is a row."""
    made = transport([SUBJECT], [b"001     ", b"        ", b"002     "])
    assert read_xport(made, "x")["DM"].table.rows == (("001",), ("",), ("002",))
    assert read_xport(transport([SUBJECT], []), "x")["DM"].table.rows == ()


def test_a_reader_of_others_finds_the_same() -> None:
    """Pandas reads the same names, texts and numbers from the same bytes."""
    found = pd.read_sas(io.BytesIO(WHOLE), format="xport", encoding="utf-8")
    assert list(found.columns) == ["SUBJID", "AGE"]
    assert list(found["SUBJID"]) == ["001", "NA"]
    assert found["AGE"].iloc[0] == 41.5


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not a whole SAS transport file"),
        (WHOLE[:-1], "not a whole SAS transport file"),
        (WHOLE[:400], "damaged header"),
        (WHOLE[:-160], "damaged header"),
        (WHOLE + b" " * 80, "blanks in place of"),
        (WHOLE + b"001".ljust(80), "blanks in place of"),
        (WHOLE[:240], "no data set"),
        (header("LIBV8", "0" * 30), "no data set"),
        (b"**COMPRESSED** " * 40, "PROC CPORT"),
        (
            transport([SUBJECT, variable("AGE", 8, 8)], [b"001     " + b" " * 8, b"002     " + number(1)]),
            "damaged number in record 1, variable AGE",
        ),
        (transport([SUBJECT, variable("SUBJID", 8, 8)], []), "two of the same name"),
        (transport([SUBJECT, variable("AGE", 8, 4)], []), "overlap"),
        (transport([variable("AGE", 9, 0)], []), "damaged header"),
        (transport([SUBJECT], [b"a".ljust(8), b"\xe9".ljust(8)]), "not utf-8 in record 2, variable SUBJID"),
        (transport([], []), "no variables"),
        (transport([variable("X", 100, 0, text=True)], [b"x" * 110]), "ends within an observation"),
        (transport([variable("X", 500, 0, text=True)], [b"x" * 500, b""]) + b" " * 160, "blanks in place of"),
        (transport([SUBJECT], [b"001     "]) + b" " * 80, "blanks in place of"),
    ],
)
def test_damaged_files_are_refused(data: bytes, problem: str) -> None:
    """What is cut, damaged, of another version or in another encoding is refused in one line (FAULTS 33)."""
    with pytest.raises(DataError, match=problem) as caught:
        read_xport(data, "adsl.xpt")
    assert str(caught.value).startswith("adsl.xpt ")
    assert "\n" not in str(caught.value)
