"""Dataset-JSON 1.1 files as texts."""

import json
from typing import Any

import pytest

from medicore.errors import DataError
from medicore.records.delivery.dataset_json import read_dataset_json
from medicore.records.delivery.described import Described

WHOLE: dict[str, Any] = {
    "datasetJSONCreationDateTime": "2025-04-01T06:00:00",
    "datasetJSONVersion": "1.1.0",
    "itemGroupOID": "IG.DM",
    "records": 2,
    "name": "DM",
    "label": "Demographics",
    "columns": [
        {"itemOID": "IT.SUBJID", "name": "SUBJID", "label": "Subject", "dataType": "string", "length": 4},
        {"itemOID": "IT.AGE", "name": "AGE", "dataType": "decimal", "targetDataType": "decimal"},
    ],
    "rows": [["001", " 41.50"], ["NA ", None]],
}


def written(**changes: Any) -> bytes:
    """Return the file with some keys changed."""
    return json.dumps({**WHOLE, **changes}).encode()


def columns(**changes: Any) -> list[dict[str, Any]]:
    """Return the columns, the last with some keys changed."""
    return [WHOLE["columns"][0], {**WHOLE["columns"][1], **changes}]


def test_texts_and_numbers_come_as_they_are() -> None:
    """Texts keep their blanks, numbers their digits without blanks, and the labels and types are there."""
    found = read_dataset_json(written(), "x")
    assert found.table.columns == ("SUBJID", "AGE")
    assert found.table.rows == (("001", "41.50"), ("NA ", ""))
    assert found.columns == (Described("SUBJID", "Subject", "text"), Described("AGE", "", "number"))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"records": 3}, "has 2 rows; expected 3, the number in its 'records'"),
        ({"rows": WHOLE["rows"][:1]}, "has 1 rows; expected 2"),
        ({"recrods": 2}, "unknown key.*'recrods'"),
        ({"columns": columns(unit="years")}, "unknown key.*'unit'"),
        ({"columns": columns(itemOID="IT.SUBJID")}, "two columns with the same itemOID"),
        ({"columns": columns(name="SUBJID")}, "columns with different names"),
        ({"columns": columns(dataType="numeric")}, "dataType is unknown or missing"),
    ],
)
def test_what_contradicts_itself_is_refused(changes: dict[str, Any], problem: str) -> None:
    """Counts are counted, keys are known, and names, items and types are what the standard has (FAULTS 33)."""
    with pytest.raises(DataError, match=problem) as caught:
        read_dataset_json(written(**changes), "dm.json")
    assert str(caught.value).startswith("dm.json ")


def test_cut_files_are_refused() -> None:
    """A file that ends anywhere before its end is none (FAULTS 33)."""
    whole = written()
    for length in range(0, len(whole), 7):
        with pytest.raises(DataError):
            read_dataset_json(whole[:length], "x")
