"""Snapshots in ODM 1.3 as texts: one row per group of items, parsed safely.

CDISC Operational Data Model 1.3.2, section 3.1.4 (clinical data). A document type is refused before its contents are
read, so a document can never declare an entity. The depth of nesting is limited.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable

SUBJECT_KEY = "SubjectKey"
"""The column with the key of the subject, which ODM stores outside of the items."""

REPEAT_KEYS = (
    "StudyEventOID", "StudyEventRepeatKey", "FormOID", "FormRepeatKey", "ItemGroupOID", "ItemGroupRepeatKey",
)  # fmt: skip
"""The columns that tell apart the rows of one subject: visit, form and line, which ODM stores outside of the items too."""

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
    """The rows of a snapshot, and what its root element states: time of creation, name of the file, studies."""

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
    keys: dict[str, str] = field(default_factory=dict)
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
                raise _RefusedError("a FileType other than Snapshot")
            self.root = attributes
        elif name in _PLACES and parent == _PLACES[name]:
            self._clinical(name, attributes)
        elif name.startswith("ItemData"):
            raise _RefusedError("an item outside of a group, or a typed item (ItemDataString and the like)")
        self.path.append(name)

    def end(self, _: str) -> None:
        self.path.pop()

    def _clinical(self, name: str, attributes: dict[str, str]) -> None:
        if attributes.get("TransactionType", "Insert") not in {"Insert", "Upsert", "Context"}:
            raise _RefusedError("a transaction that changes or removes data")
        if name == "ClinicalData":
            self.studies.append(attributes.get("StudyOID", ""))
        elif name == "SubjectData":
            self.keys = {SUBJECT_KEY: attributes.get("SubjectKey", "")}
        elif name in {"StudyEventData", "FormData", "ItemGroupData"}:
            self._repeat(name.removesuffix("Data"), attributes)
        else:
            # Rave names an item FORM.FIELD; the column is the field.
            column = attributes.get("ItemOID", "").rpartition(".")[2]
            if not column or column in self.rows[-1]:
                raise _RefusedError("an item without a name, or twice in its group")
            self.rows[-1][column] = "" if attributes.get("IsNull") == "Yes" else attributes.get("Value", "")

    def _repeat(self, level: str, attributes: dict[str, str]) -> None:
        """Note the keys of a visit, form or group of items; the group begins a row."""
        for key in (f"{level}OID", f"{level}RepeatKey"):
            self.keys[key] = attributes.get(key, "")
        if level == "ItemGroup":
            self.rows.append(dict(self.keys))


def read_odm(data: bytes, name: str) -> Snapshot:
    """Return the snapshot in ``data``; ``name`` names it in error messages, which never quote the data.

    The columns are the subject's key, the keys of visit, form and group (``REPEAT_KEYS``), and every item that occurs,
    in order of appearance. A key that the document leaves out, or an item that a group lacks, becomes the empty text. The end tag of the root shows that the document is complete.

    Raises
    ------
    DataError
        When the bytes are not a well-formed snapshot in ODM 1.3, or have a document type.
    """
    reading = _Reading()
    _parse(data, name, reading.start, reading.end)
    columns = tuple(
        dict.fromkeys((SUBJECT_KEY, *REPEAT_KEYS, *(column for row in reading.rows for column in row)))
    )
    rows = tuple(tuple(row.get(column, "") for column in columns) for row in reading.rows)
    return Snapshot(
        table=TextTable(columns, rows),
        created=reading.root.get("CreationDateTime", ""),
        file=reading.root.get("FileOID", ""),
        studies=tuple(dict.fromkeys(reading.studies)),
    )


def require_odm(data: bytes, name: str) -> None:
    """Raise DataError unless ``data`` is one whole ODM document of any FileType, without a document type."""
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
        # Not chained, here and below: the cause could contain data of the document.
        raise DataError(
            f"{name} is malformed or incomplete XML at line {error.lineno}; expected a whole ODM document; have it "
            "exported again"
        ) from None
    except _RefusedError as refused:
        raise DataError(
            f"{name} has {refused}; expected a whole document in ODM 1.3; look at what the source sends"
        ) from None


def _refuse_doctype(*_: object) -> NoReturn:
    raise _RefusedError("a document type, in which entities could be declared")
