"""Pages of a Dataset-JSON API."""

import json
from typing import Any

import pytest

from medicore.errors import DataError
from medicore.records.delivery.dataset_json_page import read_page
from medicore.records.delivery.delimited import TextTable

PAGE: dict[str, Any] = {
    "datasetJSONCreationDateTime": "2025-04-01T06:00:00Z",
    "datasetJSONVersion": "1.1.0",
    "dbLastModifiedDateTime": "2025-03-31T18:00:00Z",
    "sourceSystem": {"name": "EDC", "version": "2"},
    "studyOID": "TEST-X",
    "records": 7,
    "columns": [{"name": "id", "dataType": "string"}, {"name": "age", "dataType": "float"}],
    "rows": [["001", 41.5], ["NA", None]],
}


def page(**changes: Any) -> bytes:
    """Return the page with some keys changed; None removes one."""
    return json.dumps(
        {name: value for name, value in {**PAGE, **changes}.items() if value is not None}
    ).encode()


def test_page_gives_rows_and_what_it_says_of_the_whole() -> None:
    """Rows are texts; count, moments, source and study are the page's own words."""
    found = read_page(page(), "x")
    assert found.table == TextTable(("id", "age"), (("001", "41.5"), ("NA", "")))
    assert (found.records, found.system, found.study) == (7, "EDC 2", "TEST-X")
    assert (found.created, found.modified) == ("2025-04-01T06:00:00Z", "2025-03-31T18:00:00Z")
    assert read_page(page(sourceSystem=None), "x").system == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": None}, "no rows"),
        ({"rows": [["001"]]}, "not as wide"),
        ({"rows": ["ab"]}, "not as wide"),
        ({"rows": [[{}, 1]]}, "flat rows"),
        ({"records": None}, "no records"),
        ({"records": -1}, "no records"),
        ({"records": "²"}, "no records"),
        ({"columns": None}, "no columns"),
        ({"columns": ["id", "age"]}, "no columns"),
        ({"columns": []}, "no columns with different names"),
        ({"columns": [{"name": "id"}, {"name": "id"}]}, "no columns with different names"),
        ({"columns": [{"name": "id"}, {}]}, "no columns with different names"),
        ({"datasetJSONVersion": "1.0.0"}, "no datasetJSONVersion 1.1"),
    ],
)
def test_other_json_is_refused(changes: dict[str, Any], message: str) -> None:
    """What is not Dataset-JSON 1.1 is refused, and the message says what it lacks."""
    with pytest.raises(DataError, match=message):
        read_page(page(**changes), "x")


def test_a_list_is_no_page() -> None:
    """JSON of another shape is refused."""
    with pytest.raises(DataError, match="no rows"):
        read_page(b"[]", "x")
