"""The gate of few events: an arm that tells the standard error of the primary estimate too little."""

from collections.abc import Iterator, Mapping
from typing import Any

from medicore.records.finding import Finding
from medicore.records.protocol.protocol import Protocol

LEAST_EVENTS = 5
"""Events, and subjects without, that an arm must have for a normal interval (Brown, Cai & DasGupta, 2001, section 2)."""


def event_findings(protocol: Protocol, primary: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a finding for each arm with few events, or few without, where outcome models are penalised; none elsewhere."""
    labels = {"treated": protocol.treatment.treated, "control": protocol.treatment.control}
    for arm, found in primary.get("events", {}).items():
        fewer = min(found["events"], found["n"] - found["events"])
        if fewer < LEAST_EVENTS:
            yield Finding(
                "effect", "few events", arm, f"{found['events']} of {found['n']}", f"{LEAST_EVENTS} of either kind",
                f"arm {labels[arm]!r} has {found['events']} events of {found['n']}; expected {LEAST_EVENTS} or more with and "
                "without, below which the standard error of the primary estimate takes too little from the arm; rest the "
                "conclusion on the score interval among the sensitivity analyses, or wait for more events",
            )  # fmt: skip
