"""Pages of a Dataset-JSON API: some rows of a dataset, and what the page states about the whole (Dataset-JSON 1.1)."""

from collections.abc import Mapping
from dataclasses import dataclass

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.strict_json import read_json, text_of

_CDISC_1_0 = frozenset({"clinicalData", "referenceData"})
"""The keys by which Dataset-JSON 1.0 is known."""


@dataclass(frozen=True, slots=True)
class DatasetPage:
    """One page: its rows as texts, and what it states about the dataset.

    ``records`` is the number of rows of the whole dataset. ``created`` is the time at which the page was made and
    ``modified`` that of the last change of the data, both in the source's spelling. ``system`` is the source's name
    and version.
    """

    table: TextTable
    records: int
    created: str
    modified: str
    system: str
    study: str


def read_page(data: bytes, name: str) -> DatasetPage:
    """Return the page in ``data``; ``name`` names it in error messages.

    Raises
    ------
    DataError
        When the bytes are not Dataset-JSON 1.1, hold metadata alone, a column has no name or shares one, or a row has
        too many or too few values.
    """
    return page_of(read_json(data, name), name)


def page_of(found: object, name: str) -> DatasetPage:
    """Return the page in the JSON document ``found``, as ``read_page`` does."""
    if not isinstance(found, dict):
        raise _format_error(name, "rows")
    if _CDISC_1_0 & set(found):
        raise DataError(
            f"{name} is Dataset-JSON 1.0 (it has the key clinicalData or referenceData); expected version 1.1; have it "
            "exported in that version"
        )
    rows = found.get("rows")
    if "rows" not in found and found.get("records") == "0":
        raise DataError(
            f"{name} holds the metadata of a data set and no rows, as its records 0 say; expected a row per subject or "
            "more; have it exported with its data"
        )
    if not isinstance(rows, list):
        raise _format_error(name, "rows")
    columns = _columns(found.get("columns"), name)
    if not all(isinstance(row, list) and len(row) == len(columns) for row in rows):
        raise DataError(
            f"{name} has rows that are not as wide as its {len(columns)} columns; expected a value for each; have it "
            "exported again"
        )
    count = found.get("records")
    if not isinstance(count, str) or not count.isascii() or not count.isdigit():
        raise _format_error(name, "records")
    if not str(found.get("datasetJSONVersion", "")).startswith("1.1"):
        raise _format_error(name, "datasetJSONVersion 1.1")
    return _stated(
        found, TextTable(columns, tuple(tuple(text_of(v, name) for v in row) for row in rows)), name
    )


def _stated(found: Mapping[str, object], table: TextTable, name: str) -> DatasetPage:
    """Return the table with what the document states about it."""
    source = found.get("sourceSystem")
    source = source if isinstance(source, dict) else {}
    return DatasetPage(
        table=table,
        records=int(str(found["records"])),
        created=text_of(found.get("datasetJSONCreationDateTime"), name),
        modified=text_of(found.get("dbLastModifiedDateTime"), name),
        system=" ".join(text_of(source.get(key), name) for key in ("name", "version")).strip(),
        study=text_of(found.get("studyOID"), name),
    )


def _columns(described: object, name: str) -> tuple[str, ...]:
    if not isinstance(described, list) or not all(isinstance(column, dict) for column in described):
        raise _format_error(name, "columns")
    names = tuple(text_of(column.get("name"), name) for column in described)
    if not names or "" in names or len(set(names)) != len(names):
        raise _format_error(name, "columns with different names")
    return names


def _format_error(name: str, lacking: str) -> DataError:
    return DataError(f"{name} has no {lacking}; expected Dataset-JSON 1.1; look at what the source sends")
