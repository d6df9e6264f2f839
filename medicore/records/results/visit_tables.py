"""The table of repeated visits: what each row describes, and which numbers it holds."""

from collections.abc import Mapping
from typing import Any

from medicore.records.results.analysis_rows import SENSITIVITY, VISIT, Row, Table, numbers


def _visits(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = results["sensitivity"].get("visits")
    if section is None:
        return ()
    rows = [Row(numbers(one), {VISIT: one["visit"]}) for one in section["rows"]]
    spread = [
        Row(
            {"sd": one["sd"]}
            | {
                f"correlation with {other['visit']}": value
                for other, value in zip(section["covariance"], one["correlations"], strict=True)
            },
            {VISIT: one["visit"]},
        )
        for one in section["covariance"]
    ]
    second = section["verification"]
    return (
        Row(numbers(section)),
        *rows,
        *spread,
        *(() if second is None else (Row({f"second {key}": one for key, one in numbers(second).items()}),)),
    )


VISIT_TABLES = (
    Table("Repeated visits", "sensitivity.visits", "Mixed model for repeated measures", SENSITIVITY, _visits, outcome=True),
)  # fmt: skip
