"""Pages of one table, and the columns that are a system's own."""

import pytest

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.exported import FORMATS, join_pages, read_members, row_counts, without
from medicore.records.delivery.reading import Reading

FIRST = TextTable(("id", "age"), (("1", "41"),))
SECOND = TextTable(("id", "age"), (("2", "42"),))


def test_pages_lie_one_below_the_other() -> None:
    """Rows of all pages are one table, in the order of the pages."""
    assert join_pages([FIRST, SECOND], "x").rows == (("1", "41"), ("2", "42"))


def test_pages_of_other_columns_are_refused() -> None:
    """A page whose columns differ, if only in order, is not of the same table (FAULTS 41)."""
    with pytest.raises(DataError, match=r"x: 1 page\(s\) differ in their columns"):
        join_pages([FIRST, TextTable(("age", "id"), (("42", "2"),))], "x")


def test_ignored_columns_are_left_out() -> None:
    """Only the columns that are named go, and a name that is not there does no harm."""
    assert without(FIRST, ("age", "projectid")) == TextTable(("id",), (("1",),))
    assert without(FIRST, ()) == FIRST


READABLE = sorted(set(FORMATS) - {"accompanying"})


@pytest.mark.parametrize("form", READABLE)
def test_every_reader_refuses_what_is_cut(form: str) -> None:
    """Nothing is no export, in whatever format."""
    with pytest.raises(DataError):
        read_members(form, b"", "x")


def test_a_page_without_the_columns_of_the_system_has_blanks_there() -> None:
    """REDCap leaves its repeat columns out of a batch in which nothing repeats; a field of the project may not lack."""
    other = TextTable(("id", "redcap_repeat_instance", "age"), (("2", "1", "42"),))
    found = join_pages([FIRST, other], "x", frozenset({"redcap_repeat_instance"}))
    assert found.columns == ("id", "age", "redcap_repeat_instance")
    assert found.rows == (("1", "41", ""), ("2", "42", "1"))
    with pytest.raises(DataError, match=r"x: 1 page\(s\) differ"):
        join_pages([FIRST, other], "x")


def test_a_declaration_that_the_format_leaves_no_room_for_is_refused() -> None:
    """Parquet says its own encoding and has no delimiter: to declare one is a mistake."""
    for reading in (Reading(encoding="windows-1252"), Reading(delimiter=";")):
        with pytest.raises(DataError, match="leaves no choice"):
            read_members("parquet", b"PAR1", "x", reading)


def test_what_accompanies_the_data_has_no_rows() -> None:
    """A file that is never read is never counted."""
    assert row_counts("accompanying", b"any bytes", "x") == {}
    assert row_counts("csv", b"a,b\n1,2\n", "x") == {"": 1}
