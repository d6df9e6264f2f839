"""What REDCap's API exports, as texts."""

import json

import pytest

from medicore.errors import DataError
from medicore.records.delivery.delimited import TextTable
from medicore.records.delivery.redcap import LogHead, read_field_names, read_log, read_project, read_records


def test_records_become_rows() -> None:
    """Each record is a row, every value a text, in the order of the first record's fields."""
    data = b'[{"id": "001", "age": 41.0, "note": null}, {"id": "NA", "age": "", "note": "=1+1"}]'
    assert read_records(data, "x") == TextTable(
        ("id", "age", "note"), (("001", "41.0", ""), ("NA", "", "=1+1"))
    )
    assert read_records(b"[]", "x") == TextTable((), ())


@pytest.mark.parametrize("data", [b'{"error": "no"}', b"[1]", b'[{"a": "1"}, {"b": "1"}]', b'[{"a": {}}]'])
def test_other_json_is_refused(data: bytes) -> None:
    """An error message, a list of something else, ragged or nested records are no export."""
    with pytest.raises(DataError, match=r"^page[: ]"):
        read_records(data, "page")


def test_dictionary_names_the_identifier_first() -> None:
    """The fields come in the dictionary's order; one without any is refused."""
    assert read_field_names(b'[{"field_name": "id"}, {"field_name": "age"}]', "x") == ("id", "age")
    for data in (b"[]", b'[{"form_name": "a"}]'):
        with pytest.raises(DataError, match="names no fields"):
            read_field_names(data, "x")


def test_project_has_its_number() -> None:
    """The project's number is read as REDCap gives it, and nothing else passes for one."""
    assert read_project(b'{"project_id": 17, "project_title": "t"}', "x") == 17
    for data in (
        b"[]",
        b"{}",
        b'{"project_id": "x"}',
        '{"project_id": "²"}'.encode(),
        b'{"project_id": null}',
    ):
        with pytest.raises(DataError, match="has no project_id"):
            read_project(data, "x")


def test_log_is_told_by_its_length_and_newest_entry() -> None:
    """Two entries of one minute differ by their number, whatever their order."""
    entries = [{"timestamp": "2025-03-31 18:01"}, {"timestamp": "2025-03-31 18:00"}]
    head = read_log(json.dumps(entries).encode(), "x")
    assert head == LogHead(2, "2025-03-31 18:01")
    assert str(head) == "2 entries to 2025-03-31 18:01"
    assert str(read_log(b"[]", "x")) == "0 entries to none"
