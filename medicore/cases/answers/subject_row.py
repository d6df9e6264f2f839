"""subject_row: the place of one patient in the files that the EDC delivered."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from medicore.records.delivery.delimited import delimited_text
from medicore.records.delivery.delivered import Delivered, delivered_tables, the_only
from medicore.records.delivery.exported import DELIMITED
from medicore.records.delivery.joining import join_datasets
from medicore.records.delivery.transfer import ManifestFile, parse_manifest
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.source import Dataset

_MANIFEST = "lock/transfer.json"


@dataclass(frozen=True, slots=True)
class Place:
    """A row of a delivered file: the file's name in the record, the row's number after the header, its line.

    The line is None if the rows of the file are not lines. ``member`` is the data set in a file with several.
    """

    file: str
    number: int
    line: int | None
    member: str | None = None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A patient's row: its place, and its texts by column.

    If data sets are joined, the place is in the first of them, the texts are by column of the contract, and
    ``others`` has the places in the other data sets.
    """

    place: Place
    texts: dict[str, str]
    others: tuple[Place, ...] = ()


def locate(read: Callable[[str], bytes], protocol: Protocol, patient: str) -> SourceRow | None:
    """Return the patient's row in the delivered files; None when there is none; ``read`` returns a file of the record."""
    manifest = parse_manifest(read(_MANIFEST), _MANIFEST)
    tables = delivered_tables(manifest.files, lambda file: read(f"lock/raw/{file.name}"))
    subject = protocol.contract.subject
    if protocol.edc.datasets:
        return _in_joined(read, protocol.edc.datasets, tables, subject, patient)
    one = the_only(tables, protocol.safety.table if protocol.safety else None)
    if subject not in one.table.columns or patient not in (identifiers := one.table.column(subject)):
        return None
    index = identifiers.index(patient)
    return SourceRow(
        _place(read, one, index), dict(zip(one.table.columns, one.table.rows[index], strict=True))
    )


def _in_joined(
    read: Callable[[str], bytes],
    datasets: Sequence[Dataset],
    tables: Mapping[str, Delivered],
    column: str,
    patient: str,
) -> SourceRow | None:
    """Return the patient's row in the join of the data sets, and its place in each that has it."""
    joined = join_datasets(datasets, {name: one.table for name, one in tables.items()}, column)
    identifiers = joined.table.column(column)
    if patient not in identifiers:
        return None
    index = identifiers.index(patient)
    first, *others = (
        _place(read, tables[dataset.table], row)
        for dataset, rows in zip(datasets, joined.places, strict=True)
        if (row := rows[index]) is not None
    )
    texts = dict(zip(joined.table.columns, joined.table.rows[index], strict=True))
    return SourceRow(first, texts, tuple(others))


def _place(read: Callable[[str], bytes], one: Delivered, row: int) -> Place:
    """Return the place of a row of a delivered table, from 0, in its file."""
    file, index = one.origin(row)
    name = f"lock/raw/{file.name}"
    line = _line(read(name), index + 1, file) if file.format in DELIMITED else None
    return Place(name, index + 1, line, one.member)


def _line(data: bytes, number: int, file: ManifestFile) -> int:
    """Return the line of a delimited file on which row ``number`` after the header begins."""
    text, delimiter, before = delimited_text(data, file.name, file.reading)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    begins, seen = 1, -1
    for row in reader:
        seen += bool(row)
        if row and seen == number:
            break
        begins = reader.line_num + 1
    return begins + before
