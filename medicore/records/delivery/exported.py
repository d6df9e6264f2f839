"""Files of a transfer as one table of texts; each format has its own reader."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from medicore.errors import DataError
from medicore.records.delivery.dataset_json import read_dataset_json
from medicore.records.delivery.dataset_json_page import read_page
from medicore.records.delivery.delimited import TextTable, read_delimited
from medicore.records.delivery.described import DescribedTable
from medicore.records.delivery.ended_csv import read_ended
from medicore.records.delivery.odm import read_odm
from medicore.records.delivery.parquet import read_parquet
from medicore.records.delivery.redcap import read_records
from medicore.records.delivery.xport import read_xport

ACCOMPANYING = "accompanying"
"""The format of a file that accompanies the data and holds no rows of its own."""

DELIMITED = frozenset({"csv", "rave-csv"})
"""Formats in which a row is a line, or several lines when a text contains line ends."""

PAGED = frozenset({"redcap-json", "dataset-json-page"})
"""Formats in which several files can form one table."""

DESCRIBING: Mapping[str, Callable[[bytes, str], DescribedTable]] = MappingProxyType(
    {"dataset-json": read_dataset_json, "parquet": read_parquet, "xport": read_xport}
)
"""The reader of each format whose files describe their columns."""

READERS: Mapping[str, Callable[[bytes, str], TextTable]] = MappingProxyType(
    {
        "dataset-json": lambda data, name: read_dataset_json(data, name).table,
        "parquet": lambda data, name: read_parquet(data, name).table,
        "xport": lambda data, name: read_xport(data, name).table,
        "csv": read_delimited,
        "rave-csv": read_ended,
        "odm": lambda data, name: read_odm(data, name).table,
        "redcap-json": read_records,
        "dataset-json-page": lambda data, name: read_page(data, name).table,
    }
)
"""The reader of each format that holds data."""


def join_pages(tables: Sequence[TextTable], name: str) -> TextTable:
    """Return one table with the rows of all pages in order; ``name`` names them in error messages.

    Raises
    ------
    DataError
        When the pages do not have the same columns in the same order.
    """
    odd = sum(table.columns != tables[0].columns for table in tables)
    if odd:
        raise DataError(
            f"{name}: {odd} page(s) differ in their columns from the first; expected the same columns in each page; "
            "have it exported again"
        )
    return TextTable(tables[0].columns, tuple(row for table in tables for row in table.rows))


def without(table: TextTable, ignored: Sequence[str]) -> TextTable:
    """Return the table without the columns in ``ignored``; columns that it lacks are skipped."""
    kept = [place for place, column in enumerate(table.columns) if column not in set(ignored)]
    return TextTable(
        tuple(table.columns[place] for place in kept),
        tuple(tuple(row[place] for place in kept) for row in table.rows),
    )
