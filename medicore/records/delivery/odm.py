"""Snapshots in ODM 1.3 as texts: one row per group of items, safely parsed.

CDISC Operational Data Model 1.3.2, section 3.1.4 (clinical data). A document type is refused before anything in it
counts, so that no entity is ever declared, and nesting is bounded.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable

SUBJECT_KEY = "SubjectKey"
"""The column with the key of the subject, which ODM keeps outside of the items."""

_NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
_DEEPEST = 32
_PLACES = {
    "ClinicalData": "ODM",
    "SubjectData": "ClinicalData",
    "StudyEventData": "SubjectData",
    "FormData": "StudyEventData",
    "ItemGroupData": "FormData",
    "ItemData": "ItemGroupData",
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows of a snapshot, and what its root says of it: when it was created, its own name, its studies."""

    table: TextTable
    created: str
    file: str
    studies: tuple[str, ...]


class _RefusedError(Exception):
    """The document is refused; the message says what was found."""


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    root: dict[str, str] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    studies: list[str] = field(default_factory=list)
    subject: str = ""
    rows: list[dict[str, str]] = field(default_factory=list)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.removeprefix(f"{_NAMESPACE} ")
        parent = self.path[-1] if self.path else ""
        if len(self.path) >= _DEEPEST:
            raise _RefusedError(f"elements nested deeper than {_DEEPEST}")
        if not self.path:
            if name != "ODM" or name == tag or not attributes.get("ODMVersion", "").startswith("1.3"):
                raise _RefusedError("a root that is not ODM 1.3")
            if attributes.get("FileType") != "Snapshot":
                raise _RefusedError("a file that is no snapshot")
            self.root = attributes
        elif name in _PLACES and parent == _PLACES[name]:
            self._clinical(name, attributes)
        elif name.startswith("ItemData"):
            raise _RefusedError("an item outside of its group, or of a typed kind")
        self.path.append(name)

    def end(self, _: str) -> None:
        self.path.pop()

    def _clinical(self, name: str, attributes: dict[str, str]) -> None:
        if attributes.get("TransactionType", "Insert") not in {"Insert", "Upsert", "Context"}:
            raise _RefusedError("a transaction that changes or removes")
        if name == "ClinicalData":
            self.studies.append(attributes.get("StudyOID", ""))
        elif name == "SubjectData":
            self.subject = attributes.get("SubjectKey", "")
        elif name == "ItemGroupData":
            self.rows.append({SUBJECT_KEY: self.subject})
        elif name == "ItemData":
            # Rave names an item FORM.FIELD; the column is the field.
            column = attributes.get("ItemOID", "").rpartition(".")[2]
            if not column or column in self.rows[-1]:
                raise _RefusedError("an item without a name, or twice in its group")
            self.rows[-1][column] = "" if attributes.get("IsNull") == "Yes" else attributes.get("Value", "")


def read_odm(data: bytes, name: str) -> Snapshot:
    """Return the snapshot in ``data``; ``name`` names it in error messages, which never quote.

    Columns are the subject's key and every item that occurs, in order of appearance; an item that a group lacks is the
    empty text. An end element for the root proves that nothing was cut.

    Raises
    ------
    DataError
        When the bytes are no well-formed snapshot in ODM 1.3, or declare a document type.
    """
    reading = _Reading()
    _parse(data, name, reading.start, reading.end)
    columns = tuple(dict.fromkeys(column for row in reading.rows for column in row)) or (SUBJECT_KEY,)
    rows = tuple(tuple(row.get(column, "") for column in columns) for row in reading.rows)
    return Snapshot(
        table=TextTable(columns, rows),
        created=reading.root.get("CreationDateTime", ""),
        file=reading.root.get("FileOID", ""),
        studies=tuple(dict.fromkeys(reading.studies)),
    )


def require_odm(data: bytes, name: str) -> None:
    """Raise DataError unless ``data`` is one whole ODM document, of whatever kind, without a document type."""
    path: list[str] = []

    def start(tag: str, _: dict[str, str]) -> None:
        if not path and tag != f"{_NAMESPACE} ODM":
            raise _RefusedError("a root that is not ODM 1.3")
        if len(path) >= _DEEPEST:
            raise _RefusedError(f"elements nested deeper than {_DEEPEST}")
        path.append(tag)

    def end(_: str) -> None:
        path.pop()

    _parse(data, name, start, end)


def _parse(
    data: bytes, name: str, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None]
) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        # Not chained, here and below: a cause may hold what was read.
        raise DataError(
            f"{name} is not well-formed XML, or cut, at line {error.lineno}; expected a whole ODM document; have it "
            "exported again"
        ) from None
    except _RefusedError as refused:
        raise DataError(
            f"{name} has {refused}; expected a whole document in ODM 1.3; look at what the source sends"
        ) from None


def _refuse_doctype(*_: object) -> NoReturn:
    raise _RefusedError("a document type, in which entities could be declared")
