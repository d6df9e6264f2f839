"""The tables of a report as comma-separated values: nothing lost, nothing rounded, nothing obeyed."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from medicore.errors import ProtocolError
from medicore.records.results.paths import value_at
from medicore.records.results.references import path_of, references_of
from medicore.records.results.result_tables import result_tables

SAMPLE = Path(__file__).resolve().parents[2] / "quarto_templates" / "sample_results.json"


@pytest.fixture
def results() -> dict[str, Any]:
    """Results of a run, its references sealed with them."""
    found: dict[str, Any] = json.loads(SAMPLE.read_text(encoding="utf-8"))
    found["cohort"]["criteria"] = [{"name": "Under 18", "excluded": 0, "remaining": 1629}]
    return {**found, "references": list(references_of(found))}


def rows(data: bytes) -> list[dict[str, str]]:
    """Return the rows of a table."""
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))


def test_every_cell_is_what_stands_at_its_place(results: dict[str, Any]) -> None:
    """Path and column lead to the very value, to its last digit, and the reference to the path."""
    count = 0
    for data in result_tables(results).values():
        for row in rows(data):
            path = row.pop("path")
            reference = row.pop("reference")
            assert path_of(results, reference) == path
            for column, text in row.items():
                place = path if column == "value" else f"{path}.{column}"
                try:
                    value = value_at(results, place)
                except ProtocolError:
                    assert text == "", "a column of other rows"
                    continue
                if isinstance(value, dict | list):
                    assert text == "", "rows of one value have it in a column of their own"
                elif isinstance(value, bool) or value is None:
                    assert text == {True: "true", False: "false", None: ""}[value]
                elif isinstance(value, str):
                    assert text == value
                else:
                    assert type(value)(text) == value
                    count += 1
    assert count > 300


def test_every_exhibit_has_its_table(results: dict[str, Any]) -> None:
    """Disposition, baseline, balance, propensity, effect, sensitivity and supplementary rows are all there."""
    made = result_tables(results)
    sizes = {name: len(rows(data)) for name, data in made.items()}
    assert sizes["14.1.2_baseline.csv"] == len(results["baseline"])
    assert sizes["14.1.3_balance.csv"] == len(results["balance"]["terms"]) + 3
    assert sizes["14.1.5_coefficients.csv"] == len(results["propensity"]["coefficients"])
    assert sizes["14.2.4_supplementary.csv"] == len(results["sensitivity"]["supplementary"])
    assert sizes["14.2.1_primary.csv"] == sizes["14.2.2_verification.csv"] == 1
    assert "10.1_violations.csv" not in made, "a table without rows is none"


@pytest.mark.parametrize("text", ["=HYPERLINK(A1)", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_spreadsheet_obeys_a_text(results: dict[str, Any], text: str) -> None:
    """A text that would be a formula begins with an apostrophe; numbers below zero do not (FAULTS 45)."""
    results["cohort"]["criteria"][0]["name"] = text
    made = rows(result_tables(results)["14.1.1_disposition.csv"])
    assert f"'{text}" in [row["name"] for row in made]
    smd = rows(result_tables(results)["14.1.3_balance.csv"])[0]["smd_unweighted"]
    assert float(smd) < 0


def test_commas_quotes_and_line_ends_are_kept(results: dict[str, Any]) -> None:
    """What a text holds comes back as it was, whatever it holds."""
    odd = 'one, "two"\r\nthree, שלום'
    results["cohort"]["criteria"][0]["name"] = odd
    assert odd in [row["name"] for row in rows(result_tables(results)["14.1.1_disposition.csv"])]


def test_a_list_of_numbers_is_spread_over_columns_and_a_list_of_objects_is_left_out() -> None:
    """The objects of a list are rows of their own, so that a row repeats none of them."""
    results = {"change": {"interval": [1.5, -2.0], "runs": [{"run": "A/2026-01"}, {"run": "A/2026-02"}]}}
    (row,) = rows(result_tables(results)["11.4_change.csv"])
    assert row == {"reference": "", "path": "change", "interval.0": "1.5", "interval.1": "-2.0"}
