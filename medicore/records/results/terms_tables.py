"""The tables of the terms of models: what each row describes, and which numbers it holds."""

from collections.abc import Mapping
from typing import Any

from medicore.records.results.analysis_rows import DESCRIPTION, TERM, Row, Table, numbers


def _splines(results: Mapping[str, Any]) -> tuple[Row, ...]:
    return tuple(
        Row(
            {f"knot {place}": knot for place, knot in enumerate(found["knots"], start=1)},
            {TERM: found["label"]},
        )
        for found in results["cohort"].get("splines", ())
    )


def _clusters(results: Mapping[str, Any]) -> tuple[Row, ...]:
    found = numbers(results["primary"].get("clusters") or {})
    return (Row(found),) if found else ()


TERMS_TABLES = (
    Table("Knots of splines", "cohort.splines", "Percentiles of the observed values", DESCRIPTION, _splines),
    Table("Clusters of subjects", "primary.clusters", "Counts", DESCRIPTION, _clusters),
)
