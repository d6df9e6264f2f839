"""extract: the lock is frozen once, and the extract is what the lock says, typed."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from medicore.errors import DataError, IntegrityError
from medicore.records.canonical import sha256
from medicore.records.delivery.transfer import RawFile
from medicore.steps.extract import extract, freeze
from medicore.stores.files import FolderFiles
from tests.steps.delivered_trial import (
    EXPORTED_AT,
    HEADER,
    ROWS,
    altered,
    document,
    frozen,
    protocol,
    table,
    transfer,
)


def test_lock_holds_the_delivery_byte_for_byte(tmp_path: Path) -> None:
    """The frozen file is the delivered one, and the manifest says what the source said."""
    data = table()
    files = frozen(tmp_path, data)
    assert files.read("lock/raw/subjects.csv") == data
    assert files.names("lock") == ("lock/raw/subjects.csv", "lock/transfer.json")
    manifest = document(files, "lock/transfer.json")
    assert manifest["files"] == [
        {"format": "csv", "name": "subjects.csv", "rows": 3, "sha256": sha256(data), "size": len(data)}
    ]
    assert (manifest["system"], manifest["version"], manifest["exported_at"]) == (
        "Test EDC",
        "v7",
        EXPORTED_AT,
    )


def test_lock_keeps_the_extract_before_beside_it(tmp_path: Path) -> None:
    """Last month's extract is frozen with its month, its rows and its digest."""
    previous = pd.DataFrame({"subject_id": ["001"], "weight": [71.0]})
    files = frozen(tmp_path, table(), previous=previous)
    noted = document(files, "lock/previous.json")
    assert noted == {"month": "2025-02", "rows": 1, "sha256": sha256(files.read("lock/previous.parquet"))}
    assert files.read_table("lock/previous.parquet").equals(previous)


def test_lock_is_written_once(tmp_path: Path) -> None:
    """A second delivery never replaces a frozen one (FAULTS 67)."""
    files = frozen(tmp_path, table())
    before = {name: files.read(name) for name in files.names("lock")}
    with pytest.raises(IntegrityError, match="frozen already"):
        freeze(files, transfer(table(ROWS[:2]), 2), None)
    assert {name: files.read(name) for name in files.names("lock")} == before


def test_freezing_that_stopped_half_way_is_done_again(tmp_path: Path) -> None:
    """Before its manifest is written the lock is not frozen, and the same delivery completes it (FAULTS 65)."""

    class Stopping(FolderFiles):
        def write(self, name: str, data: bytes) -> None:
            if name == "lock/transfer.json":
                raise KeyboardInterrupt
            super().write(name, data)

    with pytest.raises(KeyboardInterrupt):
        freeze(Stopping(tmp_path), transfer(table()), None)
    files = FolderFiles(tmp_path)
    assert not files.exists("lock/transfer.json")
    freeze(files, transfer(table()), None)
    assert files.exists("lock/transfer.json")


def test_file_name_that_leaves_the_lock_is_refused(tmp_path: Path) -> None:
    """Nothing is written for a transfer whose file name is a path (FAULTS 31)."""
    wrong = replace(transfer(b"x"), files=(RawFile("../subjects.csv", "csv", b"x", 1),))
    with pytest.raises(DataError):
        freeze(FolderFiles(tmp_path), wrong, None)
    assert not any(tmp_path.iterdir())


def test_extract_is_typed_and_sorted(tmp_path: Path) -> None:
    """Columns come in their types and the contract's order, rows by subject as text; texts survive (FAULTS 43, 44)."""
    files = frozen(tmp_path, table())
    assert extract(files, protocol()) == ()
    made = files.read_table("extract.parquet")
    assert tuple(made.columns) == HEADER
    assert made["subject_id"].tolist() == ["001", "002", "003"]
    assert made["name"].tolist() == ["نور", "NA", "Zoë"]
    assert made["enrolled"].tolist() == [date(2025, 1, 6), date(2025, 2, 7), date(2025, 1, 5)]
    assert made["age"].tolist() == [52, 63, 41]
    assert made["age"].dtype == "Int64"
    assert made["weight"].tolist() == [71.0, 99.9, 80.5]
    assert made["change"].isna().tolist() == [True, False, False]


def test_extract_json_says_what_the_extract_is_made_of(tmp_path: Path) -> None:
    """System, source, version, export time, rows, columns and the digest of the raw file are in the document."""
    data = table()
    files = frozen(tmp_path, data)
    extract(files, protocol())
    made = document(files, "extract.json")
    assert made == {
        "system": "Test EDC",
        "source": "TEST-TRIAL",
        "exported_at": EXPORTED_AT,
        "version": "v7",
        "rows": 3,
        "columns": 8,
        "uncastable": [],
        "unexpected": [],
        "unnamed": 0,
        "missing": [],
        "unblinding": [],
        "files": [
            {"name": "subjects.csv", "format": "csv", "rows": 3, "sha256": sha256(data), "size": len(data)}
        ],
        "findings": [],
    }


def test_extract_gives_the_same_bytes_again(tmp_path: Path) -> None:
    """The step is a function of the lock and the protocol: run again, or elsewhere, it gives the same bytes."""
    written = []
    for folder in ("a", "b"):
        files = frozen(tmp_path / folder, table())
        for _ in range(2):
            extract(files, protocol())
            written.append((files.read("extract.parquet"), files.read("extract.json")))
    assert len(set(written)) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_byte_order_mark_changes_nothing(tmp_path: Path, encoding: str) -> None:
    """With or without a byte-order mark the extract is the same table (FAULTS 43)."""
    files = frozen(tmp_path, table(encoding=encoding))
    extract(files, protocol())
    assert document(files, "extract.json")["missing"] == []
    assert files.read_table("extract.parquet")["subject_id"].tolist() == ["001", "002", "003"]


def test_values_that_do_not_fit_are_counted_and_missing(tmp_path: Path) -> None:
    """1e400, a foreign decimal and a code in a column of numbers are never coerced (FAULTS 35, 44)."""
    files = frozen(tmp_path, table(altered("weight", "1e400", "71,0", "001")))
    extract(files, protocol())
    assert document(files, "extract.json")["uncastable"] == [
        {"column": "weight", "rule": "decimal point", "count": 1},
        {"column": "weight", "rule": "number", "count": 1},
        {"column": "weight", "rule": "representable", "count": 1},
    ]
    assert files.read_table("extract.parquet")["weight"].isna().all()


def test_unblinding_columns_are_counted_and_never_written(tmp_path: Path) -> None:
    """What would unblind the study leaves its name and count, not its values (FAULTS 38)."""
    rows = [(*row, kit) for row, kit in zip(ROWS, ("K-77", "", "K-78"), strict=True)]
    files = frozen(tmp_path, table(rows, (*HEADER, "kit_number")))
    extract(files, protocol())
    assert document(files, "extract.json")["unblinding"] == [{"column": "kit_number", "count": 2}]
    assert tuple(files.read_table("extract.parquet").columns) == HEADER
    for name in ("extract.json", "extract.parquet"):
        assert b"K-77" not in files.read(name)


def test_columns_outside_the_contract_are_named_if_they_have_a_name(tmp_path: Path) -> None:
    """Unexpected columns are named, or only counted when the header holds what is no name."""
    header = (*HEADER[:-1], "colour", "Smith, John")
    files = frozen(tmp_path, table([(*row[:-1], "", "") for row in ROWS], header))
    extract(files, protocol())
    made = document(files, "extract.json")
    assert (made["unexpected"], made["unnamed"], made["missing"]) == (["colour"], 1, ["change"])
    assert files.read_table("extract.parquet")["change"].isna().all()


def test_file_without_header_does_not_name_its_first_patient(tmp_path: Path) -> None:
    """Where the header line is lost, a patient's values stand in its place and are not repeated (FAULTS 71)."""
    files = frozen(tmp_path, table(ROWS[1:], ROWS[0]), rows=2)
    extract(files, protocol())
    made = document(files, "extract.json")
    assert (made["unexpected"], made["unnamed"], len(made["missing"])) == ([], 8, 8)
    assert "Zoë".encode() not in files.read("extract.json")


def test_export_without_subjects_gives_an_empty_typed_extract(tmp_path: Path) -> None:
    """An export of a header alone is an extract of no rows (FAULTS 47)."""
    files = frozen(tmp_path, table(()), rows=0)
    extract(files, protocol())
    made = files.read_table("extract.parquet")
    assert (len(made), tuple(made.columns)) == (0, HEADER)
    assert made["weight"].dtype == "float64"


def test_flipped_byte_in_the_lock_is_an_integrity_error(tmp_path: Path) -> None:
    """A raw file that is not the frozen one is never read (FAULTS 1)."""
    files = frozen(tmp_path, table())
    files.write("lock/raw/subjects.csv", table().replace(b"80.5", b"80.6"))
    with pytest.raises(
        IntegrityError, match=r"lock/raw/subjects\.csv differs from the file that was frozen: SHA-256"
    ):
        extract(files, protocol())


def test_delivery_of_several_files_is_refused(tmp_path: Path) -> None:
    """One file with a row per subject is expected."""
    files = FolderFiles(tmp_path)
    two = tuple(RawFile(name, "csv", table(), 3) for name in ("a.csv", "b.csv"))
    freeze(files, replace(transfer(b""), files=two), None)
    with pytest.raises(DataError, match="has 2 tables"):
        extract(files, protocol())


@pytest.mark.parametrize("data", [b"", table(encoding="utf-16"), table() + b'"open'])
def test_delivery_that_is_no_table_is_a_data_error(tmp_path: Path, data: bytes) -> None:
    """Bytes that are not comma-separated UTF-8 end the step with one line."""
    with pytest.raises(DataError, match=r"^lock/raw/subjects\.csv "):
        extract(frozen(tmp_path, data), protocol())
