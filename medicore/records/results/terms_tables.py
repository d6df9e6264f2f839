"""The tables of the terms of models: what each row describes, and which numbers it holds."""

from collections.abc import Mapping
from typing import Any

from medicore.records.results.analysis_rows import ARM, DESCRIPTION, TERM, Row, Table, numbers


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


def _events(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = results["primary"].get("events") or {}
    return tuple(Row(numbers(found), {ARM: arm}) for arm, found in section.items())


TERMS_TABLES = (
    Table("Knots of splines", "cohort.splines", "Percentiles of the observed values", DESCRIPTION, _splines),
    Table("Clusters of subjects", "primary.clusters", "Counts", DESCRIPTION, _clusters),
    Table("Events by arm", "primary.events", "Counts", DESCRIPTION, _events, outcome=True),
)
