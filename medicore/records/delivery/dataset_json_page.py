"""Pages of a Dataset-JSON API: some rows of a dataset, and what the page states about the whole (Dataset-JSON 1.1)."""

from dataclasses import dataclass

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.strict_json import read_json, text_of


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
        When the bytes are not Dataset-JSON, a column has no name or shares one, or a row has too many or too few values.
    """
    found = read_json(data, name)
    if not isinstance(found, dict) or not isinstance(found.get("rows"), list):
        raise _format_error(name, "rows")
    columns = _columns(found.get("columns"), name)
    rows = found["rows"]
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
    source = found.get("sourceSystem")
    source = source if isinstance(source, dict) else {}
    return DatasetPage(
        table=TextTable(columns, tuple(tuple(text_of(value, name) for value in row) for row in rows)),
        records=int(count),
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
