"""The basis of every verification, as the verbs print it: the authority's fingerprint, and corrections of the clock."""

from typing import TYPE_CHECKING, Any

from medicore.cli.show import pairs, say

if TYPE_CHECKING:
    from medicore.ports.house import House


def foundation(opened: "House") -> dict[str, Any]:
    """Return the authority's fingerprint (None when it cannot be read) and the corrections of the clock."""
    from medicore.cases.people.authority import authority_fingerprint
    from medicore.cases.people.clock import corrections
    from medicore.errors import MediCoreError

    try:
        found: str | None = authority_fingerprint(opened)
    except MediCoreError:
        found = None  # the check of the authority says why
    try:
        corrected = [
            {"sequence": e.sequence, "at": e.at, "by": e.actor, "reason": e.reason}
            for e in corrections(opened)
        ]
    except MediCoreError:
        corrected = []  # the check of the ledger says why
    return {"authority": found, "clock_corrections": corrected}


def show_foundation(rests: dict[str, Any]) -> None:
    """Print what ``foundation`` returned."""
    pairs({"authority": rests["authority"] or "cannot be read"})
    for one in rests["clock_corrections"]:
        say(f"clock corrected by {one['by']} at {one['at']}, ledger event {one['sequence']}: {one['reason']}")
