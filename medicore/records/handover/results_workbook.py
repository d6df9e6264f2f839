"""The report's tables as one workbook: a sheet that says where they come from, then a sheet a table."""

from collections.abc import Mapping
from typing import Any

from medicore.records.handover.source import Source
from medicore.records.handover.workbook import Sheet, workbook
from medicore.records.results.result_tables import Row, Value, columns_of, table_rows

CONTENTS = "Contents"
"""The name of the first sheet."""

_FIXED = 2  # the reference and the path


def results_workbook(source: Source, results: Mapping[str, Any]) -> bytes:
    """Return the tables of a run's results as XLSX; the same results give the same bytes.

    The sheets have the names, rows and columns of the CSV files; ``reference`` and ``path`` stay in view.

    Raises
    ------
    DataError
        When a table exceeds what a sheet holds.
    """
    tables = table_rows(results)
    return workbook({CONTENTS: _contents(source, tables), **{name: _sheet(tables[name]) for name in tables}})


def _sheet(rows: list[Row]) -> Sheet:
    columns = columns_of(rows)
    return Sheet(columns, [[row.get(column) for column in columns] for row in rows], _FIXED)


def _contents(source: Source, tables: Mapping[str, list[Row]]) -> Sheet:
    facts: list[tuple[Value, Value]] = [
        ("run", source.run),
        ("study", f"{source.study}: {source.title}"),
        ("protocol version", source.protocol_version),
        ("state of the record", source.state),
        ("commit of the record", source.record_commit),
        ("SHA-256 of results.json", source.results_sha256),
        ("sealed at", source.sealed_at),
    ]
    return Sheet(
        ("what", "value"), [*facts, *((f"rows of {name}", len(rows)) for name, rows in tables.items())]
    )
