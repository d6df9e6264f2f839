"""Splines, clusters and few events in the results: their origins, their tables, and their place in the standard."""

import inspect
from importlib import import_module
from typing import Any

import pytest

from medicore.records.results.origin import first_parts
from medicore.records.results.origins.trace_terms import TERMS_ORIGINS, clustered_path
from medicore.records.results.result_tables import result_tables
from medicore.records.results.terms_tables import TERMS_TABLES
from medicore.records.results.trace import ORIGINS, origin_of
from medicore.steps.way import STEP_NAMES

RESULTS: dict[str, Any] = {
    "cohort": {"splines": [{"column": "age", "label": "Age", "unit": "years", "knots": [40.0, 55.0, 70.5]}]},
    "primary": {
        "clusters": {"column": "site", "number": 12, "smallest": 3, "largest": 40, "with_both_arms": 11},
        "events": {"treated": {"events": 7, "n": 80}, "control": {"events": 0, "n": 75}},
    },
}


def test_every_origin_names_a_step_and_a_function() -> None:
    """Each names a step of the way of the data, and what its module defines; all are part of the one table."""
    assert set(TERMS_ORIGINS) <= set(ORIGINS)
    assert {origin.step for origin in TERMS_ORIGINS} <= set(STEP_NAMES)
    for origin in TERMS_ORIGINS:
        module, name = origin.function.split(":")
        assert inspect.getmodule(getattr(import_module(module), name)).__name__ == module  # type: ignore[union-attr]
    assert {"cohort", "primary"} <= first_parts(ORIGINS)


@pytest.mark.parametrize(
    ("path", "cluster", "expected", "function"),
    [
        ("primary.standard_error", None, "primary.standard_error", "small_sample_means"),
        ("primary.standard_error", "site", "clustered.standard_error", "clustered_means"),
        ("primary.standard_errors.sandwich", "site", "clustered.standard_errors.sandwich", "clustered_means"),
        ("primary.standard_errors.bootstrap", "site", "clustered.standard_errors.bootstrap", "draw_clusters"),
        ("primary.bootstrap.spread", "site", "clustered.bootstrap.spread", "draw_clusters"),
        ("primary.degrees_of_freedom", "site", "clustered.degrees_of_freedom", "clustered_means"),
        (
            "primary.verification.standard_error", "site", "clustered.verification.standard_error",
            "clustered_spread",
        ),
        ("primary.estimate", "site", "primary.estimate", "primary_result"),
        ("primary.clusters.number", "site", "primary.clusters.number", "clusters_section"),
        ("primary.events.control.n", None, "primary.events.control.n", "events_section"),
        ("cohort.splines.0.knots.2", None, "cohort.splines.0.knots.2", "spline_knots"),
    ],
)  # fmt: skip
def test_clusters_decide_where_errors_come_from(
    path: str, cluster: str | None, expected: str, function: str
) -> None:
    """What is summed or drawn by clusters has its own origin, all else the one that it ever had."""
    assert clustered_path(path, clustered=cluster is not None) == expected
    assert origin_of(expected).function.endswith(f":{function}")


def test_the_tables_hold_knots_clusters_and_events() -> None:
    """Each analysis reads its rows; a study without any of them has none."""
    rows = {table.name: table.rows(RESULTS) for table in TERMS_TABLES}
    assert rows["Knots of splines"][0].values == {"knot 1": 40.0, "knot 2": 55.0, "knot 3": 70.5}
    assert rows["Clusters of subjects"][0].values["number"] == 12
    assert [row.values["events"] for row in rows["Events by arm"]] == [7, 0]
    assert all(table.rows({"cohort": {}, "primary": {}}) == () for table in TERMS_TABLES)


def test_the_files_hold_knots_clusters_and_events() -> None:
    """Each has a file of its own, with the number of its table in the report."""
    found = result_tables(RESULTS)
    assert set(found) >= {"14.1.2.3_splines.csv", "14.2.11_clusters.csv", "14.2.11.1_events.csv"}
    assert b"cohort.splines.0" in found["14.1.2.3_splines.csv"]
    assert b"70.5" in found["14.1.2.3_splines.csv"]
