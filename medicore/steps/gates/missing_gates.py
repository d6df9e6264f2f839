"""The gates of missing outcomes: their share among those that are due, and how far the arms' shares lie apart."""

from collections.abc import Iterator, Mapping
from typing import Any

from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol
from medicore.steps.gate import shown


def missing_findings(protocol: Protocol, section: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield findings about the outcomes that are due and missing; ``section`` is the cohort's document."""
    gates, found = protocol.gates, section["outcomes"]
    shares, arms = found["missing_share"], found["arms"]
    counts = {arm: f"{of['missing']} of {of['missing'] + of['observed']}" for arm, of in arms.items()}
    if shares["overall"] >= gates.missing_share:
        yield Finding(
            "cohort", "missing share", protocol.outcome.column, shown(shares["overall"]), shown(gates.missing_share),
            f"{shares['overall']:.1%} of the outcomes that are due are missing ({counts['treated']} treated, "
            f"{counts['control']} controls); the limit is {gates.missing_share:.1%}; have the outcomes delivered, or show "
            "why the method for missing outcomes holds",
        )  # fmt: skip
    apart = abs(shares["treated"] - shares["control"])
    if apart >= gates.missing_difference:
        yield Finding(
            "cohort", "missing difference", protocol.outcome.column, shown(apart), shown(gates.missing_difference),
            f"the arms' shares of missing outcomes differ by {apart:.1%} ({counts['treated']} treated, {counts['control']} "
            f"controls); the limit is {gates.missing_difference:.1%}; see what keeps the outcome from being measured in "
            "one arm",
        )  # fmt: skip
