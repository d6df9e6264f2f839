"""Pooled content and conduct: what everybody may see of a run whose comparative results are closed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from medicore.records.finding import Finding
from medicore.records.ledger.event_details import Ending
from medicore.records.ledger.ledger import LedgerEvent

FITNESS = frozenset({"extract", "check"})
"""The steps whose findings are about the fitness of the data, and compare no arms: their messages stay open."""

GATES = FITNESS | {"cohort", "propensity"}
"""The steps whose gates may be named; which gate of a later step fired tells what the comparison came to."""

HIDDEN = "closed"
"""What stands in place of a text that compares arms."""

_POOLED = ("n",)
_CONDUCT = frozenset(
    {
        "run", "state", "requested_by", "requested_at", "commit", "evidence", "later", "due", "late",
    }
)  # fmt: skip
_TELLING = frozenset(
    {
        *(f"{step}.{end}" for step in ("cohort", "propensity", "effect", "sensitivity", "report") for end in ("completed", "halted")),
        "run.halted", "run.failed", "run.explored", "run.continued", "run.returned", "run.rejected", "review.completed", "decision.signed",
        "decision.refused", "verification.failed", "verification.warned",
    }
)  # fmt: skip
"""The events whose details or reason can hold what a step found, or what somebody wrote who had seen it."""


def pooled_row(row: Mapping[str, Any], until: str, messages: Iterable[str]) -> dict[str, Any]:
    """Return the line of a run with the keys that it had: conduct and the number of subjects; all that compares is None."""
    kept = {key: row[key] if key in _CONDUCT or key in _POOLED else None for key in row}
    kept = {key: value for key, value in kept.items() if key not in {"estimator", "not_estimable", "report"}}
    return {**kept, "messages": list(messages), "closed": until}


def pooled_messages(stop: Ending | None) -> list[str]:
    """Return why a run stopped, in words that compare no arms."""
    if stop is None:
        return []
    if stop.findings:
        return [pooled_finding(finding.stored)["message"] for finding in stop.findings]
    if stop.step in FITNESS:
        return list(stop.messages)
    return [f"stopped at the step {stop.step or 'that it had reached'}; why is closed"]


def pooled_finding(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a finding as everybody may see it: whole from a check of the data, else its step, and its gate where that tells nothing."""
    step, gate = str(stored.get("step", "")), str(stored.get("gate", ""))
    if step in FITNESS:
        return dict(stored)
    named = f"the gate {gate!r}" if step in GATES else "a gate"
    return {
        **dict.fromkeys(stored),
        "step": step,
        "gate": gate if step in GATES else HIDDEN,
        "subject": HIDDEN,
        "statistic": HIDDEN,
        "threshold": HIDDEN,
        "message": f"{named} fired at the step {step}; what it found is closed",
        "overridable": stored.get("overridable", True),
        "digest": "",
    }


def pooled_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings as everybody may see them, in the form of findings."""
    shown = (pooled_finding(finding.as_json()) for finding in findings)
    return tuple(
        Finding.from_json({key: value for key, value in one.items() if key != "answered"}) for one in shown
    )


def pooled_event(event: LedgerEvent) -> LedgerEvent:
    """Return an event as everybody may see it: what a step found, and the words of an end, are left out.

    It keeps its number, digest and place in the chain, so that it can be found again; the digest is that of the whole
    event.
    """
    if event.action not in _TELLING:
        return event
    reason = HIDDEN if event.reason else ""
    kept = {
        key: event.details[key]
        for key in ("step", "commit", "tag", "inputs", "outputs")
        if key in event.details
    }
    return replace(event, reason=reason, details={**kept, HIDDEN: "comparative results are closed"})
