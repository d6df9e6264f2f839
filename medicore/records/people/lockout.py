"""The lockout of a person after wrong passphrases (21 CFR 11.300(d)), derived from the ledger's events."""

from collections.abc import Iterable

from medicore.errors import ReviewError
from medicore.records.ledger.ledger import LedgerEvent

LOCK_OUT = 5
"""The number of wrong passphrases in a row after which a person is locked out (21 CFR 11.300(d))."""

UNLOCKING = frozenset({"person.unlocked", "person.renewed"})
"""The actions after which a locked person may sign again."""


def is_locked(events: Iterable[LedgerEvent], person: str, limit: int = LOCK_OUT) -> bool:
    """Return whether ``person`` is locked out: ``limit`` wrong passphrases in a row, and nobody unlocked them.

    The count restarts at 0 when the person signs a decision or another act, and at ``person.unlocked``.
    ``person.locked`` locks at any count. Only ``person.unlocked`` ends a lock, or ``person.renewed``, because the
    new key has another passphrase.
    """
    failures = 0
    locked = False
    for event in events:
        if event.action in UNLOCKING and event.subject == person:
            failures, locked = 0, False
        elif event.action == "person.locked" and event.subject == person:
            locked = True
        elif event.actor != person:
            continue
        elif event.action == "decision.signed" or "envelope" in event.details:
            failures = 0
        elif event.action.endswith(".refused"):
            failures += event.details.get("cause") == "passphrase"
        locked = locked or failures >= limit
    return locked


def require_unlocked(events: Iterable[LedgerEvent], person: str, limit: int = LOCK_OUT) -> None:
    """Raise ReviewError when ``person`` is locked out."""
    if is_locked(events, person, limit):
        raise ReviewError(
            f"{person} is locked after {limit} wrong passphrases; expected that an operator unlocks; ask an operator"
        )
