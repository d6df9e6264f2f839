"""Files of a transfer as tables of texts; each format has its own reader."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from medicore.errors import DataError
from medicore.records.delivery.dataset_json import (
    read_compressed_dataset_json,
    read_dataset_json,
    read_dataset_ndjson,
)
from medicore.records.delivery.dataset_json_page import read_page
from medicore.records.delivery.delimited import TextTable, read_delimited
from medicore.records.delivery.described import Described, DescribedTable
from medicore.records.delivery.ended_csv import read_ended
from medicore.records.delivery.odm import REPEAT_KEYS, read_odm
from medicore.records.delivery.parquet import read_parquet
from medicore.records.delivery.programs.sas7bdat import read_sas7bdat
from medicore.records.delivery.programs.spss import read_spss
from medicore.records.delivery.programs.stata import read_stata
from medicore.records.delivery.programs.workbook import read_workbook
from medicore.records.delivery.reading import PLAIN, Reading
from medicore.records.delivery.redcap import SYSTEM_COLUMNS, read_records
from medicore.records.delivery.xport import read_xport

ACCOMPANYING = "accompanying"
"""The format of a file that accompanies the data and holds no rows of its own."""

DELIMITED = frozenset({"csv", "rave-csv"})
"""Formats in which a row is a line, or several lines when a text contains line ends."""

PAGED = frozenset({"redcap-json", "dataset-json-page"})
"""Formats in which several files can form one table."""

_Reader = Callable[[bytes, str, Reading], Mapping[str, DescribedTable]]


def _described(table: TextTable) -> dict[str, DescribedTable]:
    return {"": DescribedTable(table, tuple(Described(column, "", "text") for column in table.columns))}


_READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "csv": lambda data, name, reading: _described(read_delimited(data, name, reading)),
        "rave-csv": lambda data, name, reading: _described(read_ended(data, name, reading)),
        "parquet": lambda data, name, _: {"": read_parquet(data, name)},
        "xport": lambda data, name, reading: read_xport(data, name, reading.encoding),
        "dataset-json": lambda data, name, _: {"": read_dataset_json(data, name)},
        "dataset-ndjson": lambda data, name, _: {"": read_dataset_ndjson(data, name)},
        "dataset-json-compressed": lambda data, name, _: {"": read_compressed_dataset_json(data, name)},
        "odm": lambda data, name, _: _described(read_odm(data, name).table),
        "redcap-json": lambda data, name, _: _described(read_records(data, name)),
        "dataset-json-page": lambda data, name, _: _described(read_page(data, name).table),
        "xlsx": lambda data, name, _: read_workbook(data, name),
        "sas7bdat": lambda data, name, reading: {"": read_sas7bdat(data, name, reading.declared_encoding)},
        "stata": lambda data, name, reading: {"": read_stata(data, name, reading.declared_encoding)},
        "spss": lambda data, name, reading: {"": read_spss(data, name, reading.declared_encoding)},
    }
)

FORMATS = (*_READERS, ACCOMPANYING)
"""Every format that a manifest can name."""

ENCODED = DELIMITED | {"xport", "sas7bdat", "stata", "spss"}
"""Formats whose files do not say, or not all of them, in which encoding they are."""


def read_members(form: str, data: bytes, name: str, reading: Reading = PLAIN) -> Mapping[str, DescribedTable]:
    """Return the data sets of a file by their names; one that the format does not name is called ''.

    Raises
    ------
    DataError
        When the file cannot be read, or the reading declares what its format does not leave open.
    """
    form_error = _not_open(form, reading)
    if form_error:
        raise DataError(
            f"{name} has {form_error} declared; the format {form} leaves no choice of it; correct the manifest"
        )
    found = _READERS[form](data, name, reading)
    if reading.decimal == PLAIN.decimal:
        return found
    return {key: replace(one, table=_with_commas(one.table)) for key, one in found.items()}


def row_counts(form: str, data: bytes, name: str, reading: Reading = PLAIN) -> dict[str, int]:
    """Return the number of rows of each data set of a file; a file that accompanies the data has none."""
    if form == ACCOMPANYING:
        return {}
    return counted(read_members(form, data, name, reading))


def counted(members: Mapping[str, DescribedTable]) -> dict[str, int]:
    """Return the number of rows of each data set."""
    return {member: len(one.table.rows) for member, one in members.items()}


def _with_commas(table: TextTable) -> TextTable:
    return replace(table, commas=frozenset(table.columns))


def _not_open(form: str, reading: Reading) -> str | None:
    if reading.encoding != PLAIN.encoding and form not in ENCODED:
        return "an encoding"
    if form in DELIMITED:
        return None
    return "a delimiter or row names" if reading.delimiter is not None or reading.row_names else None


def system_columns(forms: Sequence[str]) -> frozenset[str]:
    """Return the columns in which these formats tell apart the rows of one subject; they hold no data of their own."""
    found = {"odm": REPEAT_KEYS, "redcap-json": SYSTEM_COLUMNS}
    return frozenset(name for form in forms for name in found.get(form, ()))


def join_pages(tables: Sequence[TextTable], name: str, system: frozenset[str] = frozenset()) -> TextTable:
    """Return one table with the rows of all pages in order; ``name`` names them in error messages.

    A page that lacks one of the ``system`` columns has blanks there: REDCap leaves out those in which a page has
    nothing to say.

    Raises
    ------
    DataError
        When the pages do not have the same columns in the same order, but for those of the system.
    """
    data = [[column for column in table.columns if column not in system] for table in tables]
    odd = sum(columns != data[0] for columns in data)
    if odd:
        raise DataError(
            f"{name}: {odd} page(s) differ in their columns from the first; expected the same columns in each page; "
            "have it exported again"
        )
    columns = tuple(dict.fromkeys(column for table in tables for column in table.columns))
    places = [[_place(table, column) for column in columns] for table in tables]
    rows = (
        tuple("" if i is None else row[i] for i in place)
        for table, place in zip(tables, places, strict=True)
        for row in table.rows
    )
    return TextTable(columns, tuple(rows), frozenset().union(*(table.commas for table in tables)))


def _place(table: TextTable, column: str) -> int | None:
    return table.columns.index(column) if column in table.columns else None


def without(table: TextTable, ignored: Sequence[str]) -> TextTable:
    """Return the table without the columns in ``ignored``; columns that it lacks are skipped."""
    kept = [place for place, column in enumerate(table.columns) if column not in set(ignored)]
    return TextTable(
        tuple(table.columns[place] for place in kept),
        tuple(tuple(row[place] for place in kept) for row in table.rows),
        table.commas,
    )
