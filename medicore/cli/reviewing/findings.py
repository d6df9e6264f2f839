"""Findings in the answers of ``review``: how each can be answered, and who answered it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medicore.records.finding import StoredFinding
    from medicore.records.ledger.ledger import LedgerEvent
    from medicore.records.people.decision import Statement


def answered_by(
    decided: "tuple[Statement, LedgerEvent] | None", told: dict[str, Any]
) -> dict[str, Any] | None:
    """Return who answered a finding, when and why; None before an answer. A finding ``told`` without digest is closed."""
    if decided is None:
        return None
    statement, event = decided
    return {
        "meaning": statement.meaning.value,
        "name": statement.printed_name,
        "signer": statement.signer,
        "at": event.at,
        "reason": statement.reason if told["digest"] else "closed",
        "sequence": event.sequence,
    }


def possible_answer(finding: "StoredFinding") -> str:
    """Return the possible answers to a finding."""
    if finding.overridable:
        return "proceed or reject"
    return (
        "reject; the data need correction" if finding.step == "check" else "reject; no signature overrides it"
    )
