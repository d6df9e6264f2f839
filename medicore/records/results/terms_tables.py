"""The tables of the terms of models: what each row describes, and which numbers it holds."""

from collections.abc import Mapping
from typing import Any

from medicore.records.results.analysis_rows import DESCRIPTION, TERM, Row, Table


def _splines(results: Mapping[str, Any]) -> tuple[Row, ...]:
    return tuple(
        Row(
            {f"knot {place}": knot for place, knot in enumerate(found["knots"], start=1)},
            {TERM: found["label"]},
        )
        for found in results["cohort"].get("splines", ())
    )


TERMS_TABLES = (
    Table("Knots of splines", "cohort.splines", "Percentiles of the observed values", DESCRIPTION, _splines),
)
