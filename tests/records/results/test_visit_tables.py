"""The rows of repeated visits in the analysis results: each visit, its spread, and the second implementation."""

from typing import Any

from medicore.records.results.analysis_rows import VISIT
from medicore.records.results.visit_tables import VISIT_TABLES

ROW = {"visit": "week_8", "estimate": -1.25, "standard_error": 0.5}
SECTION: dict[str, Any] = {
    "subjects": 145,
    "rows": [ROW, {**ROW, "visit": "change"}],
    "covariance": [
        {"visit": "week_8", "sd": 4.0, "correlations": [1.0, 0.5]},
        {"visit": "change", "sd": 5.0, "correlations": [0.5, 1.0]},
    ],
    "verification": {"estimate": -1.25, "tolerance": 1e-6},
}


def rows(section: dict[str, Any] | None) -> list[tuple[dict[str, Any], dict[str, str]]]:
    """Return numbers and groups of each row."""
    (table,) = VISIT_TABLES
    results = {"sensitivity": {} if section is None else {"visits": section}}
    return [(dict(row.values), dict(row.groups)) for row in table.rows(results)]


def test_visits_spread_and_second_implementation_are_rows() -> None:
    """The model, every visit, every standard deviation with its correlations, and the second implementation."""
    found = rows(SECTION)
    assert found[0][0] == {"subjects": 145}
    assert [groups for _, groups in found[1:5]] == [{VISIT: "week_8"}, {VISIT: "change"}] * 2
    assert found[3][0] == {"sd": 4.0, "correlation with week_8": 1.0, "correlation with change": 0.5}
    assert found[5][0] == {"second estimate": -1.25, "second tolerance": 1e-6}


def test_nothing_is_told_of_what_is_not_there() -> None:
    """Without visits there is no row, and without a second implementation none of it."""
    assert rows(None) == []
    assert len(rows({**SECTION, "verification": None})) == 5
