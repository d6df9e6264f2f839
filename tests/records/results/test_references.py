"""A reference on paper leads to its place in the results, and has one meaning for a record."""

import json
from pathlib import Path
from typing import Any

import pytest

from medicore.errors import ProtocolError
from medicore.records.canonical import document
from medicore.records.results.references import is_reference, path_of, references_of
from medicore.records.results.trace import origin_of

RESULTS: dict[str, Any] = {
    "data": {"rows": 3, "columns": 2},
    "cohort": {"assessed": 3, "arms": {"treated": {"n": 2}, "control": {"n": 1}}, "criteria": [{"excluded": 1}] * 11},
    "primary": {"estimate": 1.5, "standard_errors": {"sandwich": None, "influence": 0.1}, "imputation": None},
    "change": None,
    "evalue": "none",
}  # fmt: skip


def test_references_follow_the_report() -> None:
    """Places stand in the order of the report, rows by their number; null and missing places have none."""
    found = references_of(RESULTS)
    assert found[:4] == ("data.rows", "data.columns", "cohort.assessed", "cohort.criteria.0")
    assert found[12:14] == ("cohort.criteria.9", "cohort.criteria.10")
    assert found[14:] == (
        "cohort.arms.control",
        "cohort.arms.treated",
        "primary",
        "primary.estimate",
        "primary.standard_errors.influence",
        "evalue",
    )
    assert references_of({"cohort": {"criteria": 3}}) == ()


def test_a_record_has_one_numbering() -> None:
    """Results read back from their file are numbered as those that were written."""
    assert references_of(json.loads(document(RESULTS))) == references_of(RESULTS)


@pytest.mark.parametrize("text", ["R2", "[R2]", " R2 "])
def test_a_reference_leads_to_its_path(text: str) -> None:
    """The sealed list decides, with or without brackets."""
    assert path_of({"references": ["a.b", "c.d"]}, text) == "c.d"
    assert is_reference(text)


@pytest.mark.parametrize(
    ("results", "text", "message"),
    [
        ({"references": ["a"]}, "R2", "no reference R2; expected R1 to R1"),
        ({"references": ["a"]}, "R0", "is not a reference"),
        ({"references": ["a"]}, "primary.estimate", "is not a reference"),
        ({}, "R1", "sealed before reports had references"),
    ],
)
def test_what_is_no_reference_is_refused(results: dict[str, Any], text: str, message: str) -> None:
    """A number beyond the list, a path, and a record without references are told apart."""
    with pytest.raises(ProtocolError, match=message):
        path_of(results, text)


def test_what_is_cited_can_be_explained() -> None:
    """Every place but a finding, which its step's record holds, has an origin that explain can answer with."""
    sample = Path(__file__).resolve().parents[2] / "quarto_templates" / "sample_results.json"
    found = references_of(json.loads(sample.read_text(encoding="utf-8")))
    assert len(found) > 80
    assert all(origin_of(path).function for path in found if not path.startswith("findings."))


def test_a_path_is_no_reference() -> None:
    """Paths of the results are never taken for references."""
    assert not any(is_reference(path) for path in (*references_of(RESULTS), "R", "r1", "R01", "R1.x"))
