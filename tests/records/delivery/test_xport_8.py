"""SAS transport files of version 8, of several data sets, and in other encodings."""

import pytest

from medicore.errors import DataError
from medicore.records.delivery.described import Described
from medicore.records.delivery.sas_formats import kind_of_format
from medicore.records.delivery.xport import read_xport
from tests.records.transported import (
    labels_8,
    labels_9,
    number,
    transport,
    transport_8,
    variable,
    variable_8,
)

LONG = "a_very_long_name_of_a_variable"
LABEL = "A label of more than forty letters, as version 8 allows it"
VARIABLES = [variable_8("subject_identifier", 8, text=True), variable_8(LONG, 8, label=LABEL)]
ROWS = [b"001     " + number(41.5), b"002     " + number(19725.0)]
NAMES = ("subject_identifier", LONG)


def test_long_names_are_whole() -> None:
    """A name of up to 32 letters comes whole; the values are in the order of the variables, whatever positions say."""
    found = read_xport(transport_8(VARIABLES, ROWS, name="a_long_data_set"), "x")
    assert list(found) == ["a_long_data_set"]
    assert found["a_long_data_set"].table.columns == NAMES
    assert found["a_long_data_set"].table.rows == (("001", "41.5"), ("002", "19725"))


@pytest.mark.parametrize("first", [0, 1])
def test_long_labels_follow_the_variables(first: int) -> None:
    """Labels of any length stand in records of their own, whether variables are numbered from zero or from one."""
    (found,) = read_xport(transport_8(VARIABLES, ROWS, labels_8([(first + 1, LONG, LABEL)])), "x").values()
    assert found.columns[1] == Described(LONG, LABEL, "number")


def test_long_formats_follow_with_the_labels() -> None:
    """A format of more than eight letters says what the numbers are; that of a text says nothing."""
    labels = labels_9([(1, NAMES[0], "$CHAR", "Subject"), (2, LONG, "NLDATEMDL", LABEL)])
    (found,) = read_xport(transport_8(VARIABLES, ROWS, labels), "x").values()
    assert [column.kind for column in found.columns] == ["text", "date"]
    assert found.table.column(LONG) == ("41.5", "2014-01-02")


def test_labels_of_no_variable_are_damage() -> None:
    """A label must belong to a variable by number and name."""
    with pytest.raises(DataError, match="damaged header"):
        read_xport(transport_8(VARIABLES, ROWS, labels_8([(2, "other", LABEL)])), "x")


def test_a_label_cut_within_a_letter_loses_the_letter() -> None:
    """SAS cuts labels after 40 bytes; what is left of a letter of several bytes is none."""
    label = "x" * 39 + "ß"
    cut = variable("AGE", 8, 0, label="L" * 40).replace(b"L" * 40, label.encode()[:40])
    (found,) = read_xport(transport([cut], [number(1)]), "x").values()
    assert found.columns[0].label == "x" * 39
    with pytest.raises(DataError, match="the label of variable AGE"):
        read_xport(
            transport(
                [variable("AGE", 8, 0, label="L" * 40).replace(b"L" * 40, b"\xe9".ljust(40))], [number(1)]
            ),
            "x",
        )


def test_an_encoding_is_declared() -> None:
    """Names, labels and values in a session encoding of SAS come as they were written."""
    made = transport([variable("SITE", 8, 0, text=True)], ["Zürich".encode("windows-1252").ljust(8)])
    assert read_xport(made, "x", "windows-1252")["DM"].table.rows == (("Zürich",),)


def test_data_sets_of_a_library_are_told_apart() -> None:
    """Two data sets of one name have their place as well."""
    one = transport([variable("A", 8, 0)], [number(1), number(2)])
    two = transport([variable("B", 8, 0)], [number(3), number(4)])
    found = read_xport(one + two[240:], "x")
    assert {name: table.table.rows for name, table in found.items()} == {
        "DM": (("1",), ("2",)),
        "DM (2)": (("3",), ("4",)),
    }


def test_what_follows_the_variables_must_be_observations() -> None:
    """A header that no version has is damage."""
    made = transport_8(VARIABLES, ROWS).replace(b"OBSV8   HEADER", b"NOTHING HEADER")
    with pytest.raises(DataError, match="damaged header"):
        read_xport(made, "x")


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("DATE9.", "date"), ("YYMMN", "date"), ("yyq6", "date"), ("NLDATE", "date"), ("E8601DN", "moment"),
        ("DATETIME20.", "moment"), ("NLDATM", "moment"), ("E8601DX", "moment"), ("MMSS", "time"), ("NLTIME", "time"),
        ("TIMEAMPM11.2", "time"), ("DATEFMT", "number"), ("VISITDT", "number"), ("TIMES", "number"), ("", "number"),
        ("BEST12.", "number"), ("8.2", "number"),
    ],
)  # fmt: skip
def test_formats_are_known_by_their_whole_names(form: str, kind: str) -> None:
    """A user's format that begins like one of SAS is a code."""
    assert kind_of_format(form) == kind


def test_a_text_like_a_header_is_a_text() -> None:
    """Headers stand at the beginning of a record; a value that reads like one does not begin a data set."""
    text = b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!".ljust(60)
    made = transport([variable("X", 8, 0), variable("NOTE", 60, 8, text=True)], [number(1) + text] * 2)
    assert read_xport(made, "x")["DM"].table.column("NOTE") == (text.decode().rstrip(),) * 2
