"""The workbook of the results: every value as it stands in ``results.json``, read by two readers that are not ours."""

import importlib
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from medicore.errors import DataError
from medicore.records.handover.results_workbook import CONTENTS, results_workbook
from medicore.records.handover.source import Source
from medicore.records.handover.workbook import LONGEST_NAME, Sheet, workbook
from medicore.records.results import result_tables
from medicore.records.results.references import references_of

SAMPLE = Path(__file__).resolve().parents[2] / "quarto_templates" / "sample_results.json"
SOURCE = Source(
    "REF-NHEFS/2025-03/1", "REF-NHEFS", "Weight & <smoking>", "1.1", "released", "a" * 40, "b" * 64,
    "2025-04-02T09:00:00.000000Z",
)  # fmt: skip
_MAIN = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
_ODD = ("=1+1", " blanks ", "a\rb\nc\td", "\x0b", "_x0041_", "שלום ≤ \U0001f600", "</t>&amp;", "'quoted")


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """Results of a run, its references sealed with them."""
    found: dict[str, Any] = json.loads(SAMPLE.read_text(encoding="utf-8"))
    return {**found, "references": list(references_of(found))}


def cell(node: etree._Element) -> object:
    """Return the value of a cell by its type (ECMA-376, 18.3.1.4)."""
    if node.get("t") == "inlineStr":
        text = "".join(node.xpath("m:is/m:t/text()", namespaces=_MAIN))
        return re.sub("_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)
    (shown,) = node.xpath("m:v/text()", namespaces=_MAIN)
    return {"0": False, "1": True}[shown] if node.get("t") == "b" else float(shown)


def read(data: bytes) -> dict[str, dict[str, object]]:
    """Return the cells of each sheet by their places."""
    made = {}
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        names = etree.fromstring(packed.read("xl/workbook.xml")).xpath("//m:sheet/@name", namespaces=_MAIN)
        for place, name in enumerate(names, start=1):
            sheet = etree.fromstring(packed.read(f"xl/worksheets/sheet{place}.xml"))
            made[name] = {node.get("r"): cell(node) for node in sheet.xpath("//m:c", namespaces=_MAIN)}
    return made


def test_every_value_comes_back_to_the_last_bit(results: dict[str, Any]) -> None:
    """Each sheet has the rows of its table; numbers are the same doubles, texts and truth values the same."""
    found = read(results_workbook(SOURCE, results))
    tables = result_tables.table_rows(results)
    assert list(found) == [CONTENTS, *tables]
    count = 0
    for name, rows in tables.items():
        columns = result_tables.columns_of(rows)
        grid = [columns, *([row.get(column) for column in columns] for row in rows)]
        kept = [value for row in grid for value in row if value is not None]
        assert list(found[name].values()) == kept
        assert [isinstance(value, bool) for value in found[name].values()] == [
            isinstance(value, bool) for value in kept
        ]
        count += sum(isinstance(value, float) for value in kept)
    assert count > 300
    assert "Weight & <smoking>" in str(found[CONTENTS]["B3"])


def test_another_program_reads_the_same(results: dict[str, Any]) -> None:
    """Another reader, openpyxl, finds the same doubles and texts, the frozen head, and no formula."""
    try:
        openpyxl = importlib.import_module("openpyxl")
    except ModuleNotFoundError:
        pytest.skip("openpyxl is missing; expected the packages of requirements-dev.lock; run 'make setup'")
    book = openpyxl.load_workbook(io.BytesIO(results_workbook(SOURCE, results)))
    for name, rows in result_tables.table_rows(results).items():
        columns = result_tables.columns_of(rows)
        assert [list(row) for row in book[name].iter_rows(values_only=True)] == [
            columns, *([row.get(column) for column in columns] for row in rows)
        ]  # fmt: skip
        assert book[name].freeze_panes == "C2"
        assert {one.data_type for row in book[name].iter_rows() for one in row} <= {
            "n",
            "s",
            "inlineStr",
            "b",
        }


def test_odd_texts_and_numbers_come_back() -> None:
    """What would be a formula, an escape or markup is a text; the smallest and the largest doubles are kept."""
    values = [*_ODD, 5e-324, 1.7976931348623157e308, -0.1, 0.1 + 0.2, 1 << 53, True, False]
    found = read(workbook({"A": Sheet(("value", "empty"), [(value, None) for value in values])}))["A"]
    assert list(found.values())[2:] == values
    assert read(workbook({"A": Sheet(("value",), [((1 << 53) + 1,)])}))["A"]["A2"] == str((1 << 53) + 1)


def test_the_same_results_give_the_same_bytes(results: dict[str, Any]) -> None:
    """Neither the clock nor the order of a dictionary is in the workbook."""
    assert results_workbook(SOURCE, results) == results_workbook(SOURCE, dict(reversed(results.items())))


def test_columns_after_z_have_two_letters() -> None:
    """The place of a cell is spelled as spreadsheets do, beyond the 26th and the 702nd column."""
    found = read(workbook({"A": Sheet([str(place) for place in range(704)], [])}))["A"]
    assert [list(found)[place] for place in (25, 26, 701, 702)] == ["Z1", "AA1", "ZZ1", "AAA1"]


def test_every_table_has_a_name_that_a_sheet_can_have() -> None:
    """No table that a report may have would be refused for its name."""
    assert all(len(name) <= LONGEST_NAME for name in result_tables._TABLES)
    assert workbook({name: Sheet(("a",), []) for name in result_tables._TABLES})


@pytest.mark.parametrize(
    ("name", "columns", "row", "message"),
    [
        ("a" * 32, ("a",), (1,), "no valid name for a sheet"),
        ("a/b", ("a",), (1,), "no valid name for a sheet"),
        ("a", ("a",), ("x" * 32_768,), "a text of 32768 characters"),
        ("a", ["a"] * 16_385, [1] * 16_385, "16385 columns"),
    ],
)
def test_what_a_sheet_cannot_hold_is_refused(name: str, columns: Any, row: Any, message: str) -> None:
    """Nothing is cut to fit: the refusal names the table and what a sheet holds."""
    with pytest.raises(DataError, match=message):
        workbook({name: Sheet(columns, [row])})
