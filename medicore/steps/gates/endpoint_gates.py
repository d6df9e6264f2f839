"""The gate of the secondary endpoints: double programming."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from medicore.records.finding import Finding
from medicore.steps.gate import shown


def endpoint_findings(rows: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield the findings about estimates that the second implementation does not confirm."""
    for one in rows:
        second = one["verification"]
        if second is None or second["relative_difference"] <= second["tolerance"]:
            continue  # NaN, which confirms nothing, is not at most the tolerance
        gap, limit = shown(second["relative_difference"]), shown(second["tolerance"])
        yield Finding(
            "sensitivity", "double programming", f"secondary endpoint {one['name']}", gap, limit,
            f"the second implementation does not confirm the estimate of the secondary endpoint {one['name']}: they differ by "
            f"{gap} standard errors, tolerated are {limit}; do not use either, report the disagreement",
            overridable=False,
        )  # fmt: skip
