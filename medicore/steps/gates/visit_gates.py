"""The gate of the mixed model for repeated measures: double programming."""

from collections.abc import Iterator, Mapping
from typing import Any

from medicore.records.finding import Finding
from medicore.steps.gate import shown


def visit_findings(section: Mapping[str, Any] | None) -> Iterator[Finding]:
    """Yield the finding about a mixed model that the second implementation does not confirm."""
    second = None if section is None else section["verification"]
    if second is None or second["relative_difference"] <= second["tolerance"]:
        return  # NaN, which confirms nothing, is not at most the tolerance
    gap, limit = shown(second["relative_difference"]), shown(second["tolerance"])
    yield Finding(
        "sensitivity", "double programming", "repeated visits", gap, limit,
        f"the second implementation does not confirm the mixed model of the repeated visits: they differ by {gap} standard "
        f"errors, tolerated are {limit}; do not use either, report the disagreement",
        overridable=False,
    )  # fmt: skip
