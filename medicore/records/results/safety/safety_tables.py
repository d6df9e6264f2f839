"""The tables of adverse events: what each row describes, and which numbers it holds."""

from collections.abc import Iterator, Mapping
from typing import Any

from medicore.records.results.analysis_rows import ARM, SAFETY_DESCRIPTION, Row, Table, numbers

KIND = "GF.EVENTS"
ORGAN = "GF.SYSTEM_ORGAN_CLASS"
PREFERRED = "GF.PREFERRED_TERM"


def _summary(results: Mapping[str, Any]) -> tuple[Row, ...]:
    section = results.get("safety")
    if section is None:
        return ()
    arms = [Row(numbers(found), {ARM: arm}) for arm, found in section["arms"].items()]
    rows = [row for one in section["summary"] for row in _rows(one, {KIND: one["name"]})]
    return (Row(numbers(section["events"])), *arms, *rows)


def _by_term(results: Mapping[str, Any]) -> tuple[Row, ...]:
    rows: list[Row] = []
    for organ in (results.get("safety") or {}).get("classes", ()):
        groups = {ORGAN: organ["name"]}
        rows += _rows(organ, groups)
        for term in organ["terms"]:
            rows += _rows(term, groups | {PREFERRED: term["name"]})
    return tuple(rows)


def _rows(found: Mapping[str, Any], groups: Mapping[str, str]) -> Iterator[Row]:
    """Yield the incidence in each arm, and the difference of the risks where there is one."""
    for arm, counted in found["arms"].items():
        yield Row(numbers(counted), {**groups, ARM: arm})
    if found["risk_difference"] is not None:
        yield Row(
            {f"risk difference, {key}": value for key, value in found["risk_difference"].items()}, groups
        )


_METHOD = "Exposure-adjusted incidence, score interval of risk differences"
SAFETY_TABLES = (
    Table("Adverse events", "safety.summary", _METHOD, SAFETY_DESCRIPTION, _summary, "AS.EXPOSED", "lock/raw"),
    Table("Adverse events by class and term", "safety.classes", _METHOD, SAFETY_DESCRIPTION, _by_term, "AS.EXPOSED",
          "lock/raw"),
)  # fmt: skip
"""The analyses of adverse events in the order of the report."""
