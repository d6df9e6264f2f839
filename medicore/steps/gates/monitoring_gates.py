"""The gate of monitoring: crossed boundaries, which the monitoring board judges, and looks that nobody planned."""

from collections.abc import Iterator, Mapping
from typing import Any

from medicore.records.finding import Finding
from medicore.steps.gate import shown

GATE = "monitoring"


def monitoring_findings(section: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the findings of a look. None of a crossing where the protocol declares ``action: none``."""
    if not section["controlled"]:
        yield _outside(section)
    if section["action"] == "none" or section["method"] == "single":
        return
    if section["crossed"]:
        yield _crossing(section)
    for kind in ("harm", "futility"):
        bound = section[kind]
        if bound is not None and bound["crossed"]:
            yield _bound(section, kind, bound)


def _outside(section: Mapping[str, Any]) -> Finding:
    this = section["looks"][-1]
    planned = section["design"].get("month", "")
    return Finding(
        "effect", GATE, "unplanned look", f"month {this['month']}, look {this['number']}", f"month {planned}, one look",
        f"look {this['number']}, of month {this['month']}, is without control: the protocol plans one look, the first of "
        f"{planned}; no interval of it is valid beside the others; read it as unplanned, or reject the run",
    )  # fmt: skip


def _crossing(section: Mapping[str, Any]) -> Finding:
    this = section["looks"][-1]
    boundary = float(section["boundary"])
    return Finding(
        "effect", GATE, f"boundary of {section['method']}", shown(section["z"]), shown(boundary),
        f"look {this['number']} crossed the boundary of {section['method']}: the statistic is {section['z']:.3f}, the "
        f"boundary {boundary:.3f}, the sequential p-value {section['sequential_p']:.3g}; the monitoring board decides "
        "whether the study goes on",
        false_alarm_rate=this["nominal_level"],
    )  # fmt: skip


def _bound(section: Mapping[str, Any], kind: str, bound: Mapping[str, Any]) -> Finding:
    boundary = float(bound["boundary"])
    return Finding(
        "effect", GATE, f"bound for {kind}", shown(section["z"]), shown(boundary),
        f"look {section['number']} crossed the bound for {kind}: the statistic is {section['z']:.3f}, the bound "
        f"{boundary:.3f}; the bound binds nobody, the monitoring board decides whether the study goes on",
        false_alarm_rate=bound.get("nominal_level"),
    )  # fmt: skip
