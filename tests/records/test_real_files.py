"""Real files: SAS transport as pyreadstat reads it, and the same data set in every format of Dataset-JSON."""

import os
import re
import sys
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

import pytest

from medicore.errors import DataError
from medicore.records.delivery.dataset_json import (
    read_compressed_dataset_json,
    read_dataset_json,
    read_dataset_ndjson,
)
from medicore.records.delivery.described import DescribedTable
from medicore.records.delivery.xport import read_xport
from tests.reference.reference import FOLDER

pyreadstat = pytest.importorskip("pyreadstat")

VARIABLE = "MEDICORE_REAL_FILES"
FOLDERS = [Path(text) for text in (os.environ.get(VARIABLE), FOLDER) if text]
HELP = f"set {VARIABLE} to a folder of real files, such as a checkout of CDISC's pilot study and its Dataset-JSON examples"
_READERS: dict[str, Callable[[bytes, str], DescribedTable]] = {
    ".json": read_dataset_json,
    ".ndjson": read_dataset_ndjson,
    ".dsjc": read_compressed_dataset_json,
}

pytestmark = pytest.mark.deep


def found(*suffixes: str) -> list[Path]:
    """Return the real files with these endings."""
    return sorted(path for folder in FOLDERS for path in folder.rglob("*") if path.suffix.lower() in suffixes)


def as_value(text: str, kind: str) -> object:
    """Return a text as the value that pyreadstat gives for its kind: days and moments are Python's own."""
    if text == "":
        return None
    if kind == "number":
        return float(text)
    return text


def theirs(value: object) -> object:
    """Return a value of pyreadstat as text or number; a missing one is None."""
    if value is None or value != value or value == "":
        return None
    if isinstance(value, datetime | time | date):
        return value.isoformat()
    return float(value) if isinstance(value, int | float) else value


def encodings(data: bytes, name: str) -> str:
    """Return the encoding in which a file can be read."""
    try:
        read_xport(data, name)
    except DataError as error:
        if "not utf-8" not in str(error):
            raise
        return "windows-1252"
    return "utf-8"


def test_transport_files_are_read_as_pyreadstat_reads_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Every name, label, text, number, day and moment of every real transport file is the same in both readers."""
    files = found(".xpt", ".xport")
    if not files:
        pytest.skip(HELP)
    values = 0
    for path in files:
        data = path.read_bytes()
        if data.startswith((b"**COMPRESSED**", b"<")):
            continue  # a file of PROC CPORT, or a server's page in place of one
        encoding = encodings(data, path.name)
        ours = next(iter(read_xport(data, path.name, encoding).values()))
        table, meta = pyreadstat.read_xport(path, encoding=encoding)
        assert list(ours.table.columns) == list(meta.column_names), path
        labels = [column.label or None for column in ours.columns]
        assert labels == [(label or "").rstrip() or None for label in meta.column_labels], path
        assert len(ours.table.rows) == len(table), path
        for column in ours.columns:
            kind = column.kind
            mine = [as_value(text, kind) for text in ours.table.column(column.name)]
            other = [theirs(value) for value in table[column.name].astype(object)]
            assert mine == other, (
                path.name,
                column.name,
            )
            values += len(mine)
    with capsys.disabled():
        sys.stdout.write(f"\n{len(files)} transport files, {values} values as pyreadstat reads them" + "\n")


def test_data_sets_are_the_same_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    """A data set as JSON, as NDJSON and compressed is the same table; what is no data set says why."""
    files = found(*_READERS)
    if not files:
        pytest.skip(HELP)
    read: dict[str, dict[str, DescribedTable]] = {}
    refused: list[str] = []
    for path in files:
        try:
            made = _READERS[path.suffix](path.read_bytes(), path.name)
        except DataError as error:
            refused.append(str(error))
            continue
        # Files of one data set may lie in folders of their own, or carry a prefix.
        key = re.sub(r"^[0-9a-f]{6}-", "", path.stem) + f" {len(made.table.rows)} {len(made.table.columns)}"
        read.setdefault(key, {})[path.suffix] = made
    for name, formats in read.items():
        first, *others = formats.values()
        assert all(other.table == first.table and other.columns == first.columns for other in others), name
    reasons = {re.sub(r"^\S+ ", "", text).split(";")[0] for text in refused}
    with capsys.disabled():
        count = sum(map(len, read.values()))
        sys.stdout.write(
            f"\n{count} Dataset-JSON files of {len(read)} data sets; {len(refused)} other files: {sorted(reasons)}"
            + "\n"
        )
    assert read
