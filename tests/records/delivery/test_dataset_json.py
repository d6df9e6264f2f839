"""Dataset-JSON 1.1 files as texts."""

import gzip
import json
import zlib
from typing import Any

import pytest

from medicore.errors import DataError
from medicore.records.delivery.dataset_json import (
    read_compressed_dataset_json,
    read_dataset_json,
    read_dataset_ndjson,
)
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
        ({"Records": 2}, "has the key 'Records'; expected 'records'"),
        (
            {"columns": columns(displayformat="years")},
            "has the key 'displayformat'; expected 'displayFormat'",
        ),
        ({"clinicalData": {}}, "is Dataset-JSON 1.0"),
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


def test_keys_of_vendors_are_passed_over() -> None:
    """A key that the standard does not know is a vendor's own, and changes nothing."""
    plain = read_dataset_json(written(), "x")
    assert read_dataset_json(written(acmeExtension={"a": 1}), "x") == plain
    assert read_dataset_json(written(columns=columns(acmeUnit="years")), "x") == plain


def test_metadata_alone_is_named_as_such() -> None:
    """Version 1.1 allows a data set without rows; it is no delivery of data."""
    found = {key: value for key, value in WHOLE.items() if key != "rows"}
    with pytest.raises(DataError, match="holds the metadata of a data set and no rows"):
        read_dataset_json(json.dumps({**found, "records": 0}).encode(), "x")
    with pytest.raises(DataError, match=r"has no rows; expected Dataset-JSON 1\.1"):
        read_dataset_json(json.dumps(found).encode(), "x")


def lines() -> bytes:
    """Return the whole data set as NDJSON."""
    head = {key: value for key, value in WHOLE.items() if key != "rows"}
    return "\n".join(json.dumps(part) for part in (head, *WHOLE["rows"])).encode()


def test_ndjson_and_its_compressed_form_hold_the_same_data() -> None:
    """A line per row, compressed or not, is read as the one document is."""
    plain = read_dataset_json(written(), "x")
    assert read_dataset_ndjson(lines(), "x") == plain
    assert read_compressed_dataset_json(zlib.compress(lines()), "x") == plain
    assert read_compressed_dataset_json(gzip.compress(lines()), "x") == plain


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b"[1]\n", "does not begin with the metadata"),
        (json.dumps(WHOLE).encode(), "does not begin with the metadata"),
        (lines().rpartition(b"\n")[0], "has 1 rows; expected 2"),
        (lines()[:-3], "line 3, is malformed"),
    ],
)
def test_cut_ndjson_is_refused(data: bytes, problem: str) -> None:
    """A cut file, or one document where lines are expected, is refused, with the line."""
    with pytest.raises(DataError, match=problem):
        read_dataset_ndjson(data, "x")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"plain", "not whole"),
        (zlib.compress(lines())[:-4], "is cut"),
        (zlib.compress(lines()) + b"more", "further bytes"),
    ],
)
def test_cut_compression_is_refused(data: bytes, problem: str) -> None:
    """Compressed bytes that end early, go on after their end, or are none."""
    with pytest.raises(DataError, match=problem):
        read_compressed_dataset_json(data, "x")
