"""Exports of REDCap's API: flat records in JSON, the project's dictionary, and its log, as texts."""

from dataclasses import dataclass

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.strict_json import read_json, text_of

SYSTEM_COLUMNS = (
    "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "redcap_data_access_group",
    "redcap_survey_identifier",
)  # fmt: skip
"""The columns that REDCap adds to a project's fields; a batch in which they say nothing comes without them."""


@dataclass(frozen=True, slots=True)
class LogHead:
    """The state of the log of a project's records: the number of entries, and the time of the newest as REDCap prints it."""

    entries: int
    newest: str

    def __str__(self) -> str:
        return f"{self.entries} entries to {self.newest or 'none'}"


def read_records(data: bytes, name: str) -> TextTable:
    """Return the flat records in ``data`` (``content=record``, ``format=json``) as texts, one row each.

    An export without records gives a table without columns, because JSON names the columns only in the rows.

    Raises
    ------
    DataError
        When the bytes are not a JSON list of flat objects that all have the same keys in the same order.
    """
    rows = _objects(data, name)
    columns = tuple(rows[0]) if rows else ()
    odd = sum(tuple(row) != columns for row in rows)
    if odd:
        raise DataError(
            f"{name} has {odd} record(s) that differ in their fields from the first; expected the same {len(columns)} "
            "fields in each; have it exported again"
        )
    return TextTable(columns, tuple(tuple(text_of(value, name) for value in row.values()) for row in rows))


def read_field_names(data: bytes, name: str) -> tuple[str, ...]:
    """Return the names of a project's fields in the order of its dictionary (``content=metadata``).

    The first is the identifier of the record.

    Raises
    ------
    DataError
        When the bytes are not a REDCap dictionary with at least one field.
    """
    names = tuple(text_of(field.get("field_name"), name) for field in _objects(data, name))
    if not names or "" in names:
        raise DataError(
            f"{name} names no fields; expected the dictionary of a REDCap project; check the account's rights"
        )
    return names


def read_project(data: bytes, name: str) -> int:
    """Return the number of the project (``content=project``); raise DataError when there is none."""
    found = read_json(data, name)
    require_no_error(found, name)
    number = found.get("project_id") if isinstance(found, dict) else None
    if not isinstance(number, str) or not number.isascii() or not number.isdigit():
        raise DataError(
            f"{name} has no project_id; expected that of a REDCap project; look at what REDCap sends"
        )
    return int(number)


def read_log(data: bytes, name: str) -> LogHead:
    """Return the state of the log (``content=log``); raise DataError when the bytes are not a REDCap log."""
    times = [text_of(entry.get("timestamp"), name) for entry in _objects(data, name)]
    return LogHead(len(times), max(times, default=""))


def require_no_error(found: object, name: str) -> None:
    """Raise DataError when a JSON answer of REDCap is an error, with REDCap's own text, which holds no data."""
    if isinstance(found, dict) and set(found) == {"error"}:
        raise DataError(
            f"{name}: REDCap answers {' '.join(str(found['error']).split())[:200]!r}; expected data; look at the project "
            "and at the account's rights"
        )


def _objects(data: bytes, name: str) -> list[dict[str, object]]:
    found = read_json(data, name)
    require_no_error(found, name)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise DataError(
            f"{name} is not a list of objects; expected the JSON of REDCap's API; look at what REDCap sends"
        )
    return found
