"""Pages of one table, and the columns that are a system's own."""

import pytest

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.exported import READERS, join_pages, without

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


@pytest.mark.parametrize("form", sorted(READERS))
def test_every_reader_refuses_what_is_cut(form: str) -> None:
    """Nothing is no export, in whatever format."""
    with pytest.raises(DataError):
        READERS[form](b"", "x")
