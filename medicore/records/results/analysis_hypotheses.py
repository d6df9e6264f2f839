"""The tables of secondary endpoints and families of hypotheses in an analysis."""

from collections.abc import Mapping
from typing import Any

from medicore.records.results.analysis_rows import (
    ARM,
    ENDPOINT,
    FAMILY,
    HYPOTHESIS,
    SECONDARY,
    Row,
    Table,
    numbers,
)


def _endpoints(results: Mapping[str, Any]) -> tuple[Row, ...]:
    rows = []
    for endpoint in results.get("secondary") or ():
        group = {ENDPOINT: endpoint["name"]}
        method = f"{endpoint['estimator']}; {endpoint['variance']}" if endpoint["estimator"] else ""
        second = endpoint["verification"] or {}
        verified = {f"second implementation, {key}": value for key, value in numbers(second).items()}
        rows.append(Row(numbers(endpoint, ("family",)) | verified, group, method))
        for arm, counts in endpoint["outcomes"]["arms"].items():
            rows.append(Row(numbers(counts), group | {ARM: arm}, "Counts by state of the outcome and arm"))
    return tuple(rows)


def _families(results: Mapping[str, Any]) -> tuple[Row, ...]:
    rows = []
    for family in results.get("families") or ():
        group = {FAMILY: family["name"]}
        method = f"Adjustment for multiplicity: {family['method']}"
        rows.append(Row(numbers(family, ("month", "weights", "transitions")), group, method))
        rows += [Row(numbers(one), group | {HYPOTHESIS: one["name"]}, method) for one in family["hypotheses"]]
    return tuple(rows)


HYPOTHESIS_TABLES = (
    Table("Secondary endpoints", "secondary", "Estimator of the primary effect", SECONDARY, _endpoints,
          "AS.ASSESSED", "extract.parquet"),
    Table("Families of hypotheses", "families", "Adjustment for multiplicity", SECONDARY, _families,
          "AS.ASSESSED", "extract.parquet"),
)  # fmt: skip
"""The analyses of further hypotheses, in the order of the report."""
