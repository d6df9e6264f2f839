"""subject_row: where one patient stands in the files as the EDC delivered them."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.exported import ACCOMPANYING, DELIMITED, READERS
from medicore.records.delivery.joining import join_datasets
from medicore.records.delivery.transfer import ManifestFile, parse_manifest
from medicore.records.protocol.protocol import Protocol
from medicore.records.protocol.source import Dataset

_MANIFEST = "lock/transfer.json"


@dataclass(frozen=True, slots=True)
class Place:
    """A row of a file as delivered: the file's name in the record, the row's number after the header, its line.

    The line is None for a file that is no lines of rows.
    """

    file: str
    number: int
    line: int | None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A patient's row: its place, and its texts by column.

    Where data sets are joined, the place is in the first, the texts are by column of the contract, and ``others`` has
    the places in the others.
    """

    place: Place
    texts: dict[str, str]
    others: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class _Delivered:
    """A file of the data lock: what the manifest says of it, its bytes, and its table."""

    file: ManifestFile
    data: bytes
    table: TextTable

    def place(self, index: int) -> Place:
        """Return the place of row ``index``, from 0."""
        line = _line(self.data, index + 1) if self.file.format in DELIMITED else None
        return Place(f"lock/raw/{self.file.name}", index + 1, line)


def locate(read: Callable[[str], bytes], protocol: Protocol, patient: str) -> SourceRow | None:
    """Return the patient's row in the files as delivered, None when there is none; ``read`` gives a file of the record."""
    datasets = getattr(protocol.edc, "datasets", ())
    if datasets:
        delivered = {one.file.name: one for one in _delivered(read)}
        return _in_joined(datasets, delivered, protocol.contract.subject, patient)
    return _in_one(_delivered(read), protocol.contract.subject, patient)


def _delivered(read: Callable[[str], bytes]) -> Iterator[_Delivered]:
    """Yield the files of the data lock that hold subjects, in the manifest's order; each is read when it is asked for."""
    for file in parse_manifest(read(_MANIFEST), _MANIFEST).files:
        if file.format != ACCOMPANYING:
            name = f"lock/raw/{file.name}"
            data = read(name)
            yield _Delivered(file, data, READERS[file.format](data, name))


def _in_one(delivered: Iterable[_Delivered], column: str, patient: str) -> SourceRow | None:
    """Return the patient's row in the first file that has it."""
    for one in delivered:
        if column in one.table.columns and patient in (identifiers := one.table.column(column)):
            index = identifiers.index(patient)
            texts = dict(zip(one.table.columns, one.table.rows[index], strict=True))
            return SourceRow(one.place(index), texts)
    return None


def _in_joined(
    datasets: Sequence[Dataset], delivered: Mapping[str, _Delivered], column: str, patient: str
) -> SourceRow | None:
    """Return the patient's row in the join of the data sets, and its place in each that has it."""
    joined = join_datasets(datasets, {name: one.table for name, one in delivered.items()}, column)
    identifiers = joined.table.column(column)
    if patient not in identifiers:
        return None
    index = identifiers.index(patient)
    first, *others = (
        delivered[dataset.file].place(row)
        for dataset, rows in zip(datasets, joined.places, strict=True)
        if (row := rows[index]) is not None
    )
    texts = dict(zip(joined.table.columns, joined.table.rows[index], strict=True))
    return SourceRow(first, texts, tuple(others))


def _line(data: bytes, number: int) -> int:
    """Return the line of a comma-separated file on which row ``number`` after the header begins."""
    reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    begins, seen = 1, -1
    for row in reader:
        seen += bool(row)
        if row and seen == number:
            break
        begins = reader.line_num + 1
    return begins
