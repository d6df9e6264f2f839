"""Signatures that the ledger tells twice: whoever copies a signed act into another event adds what nobody signed."""

import base64
import json
from collections.abc import Iterable

from medicore.errors import IntegrityError
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.act import ENVELOPE

_CONTINUED = "run.resumed"
_REQUESTS = frozenset({"run.requested", _CONTINUED})
"""The events of a request: one signature may cover several studies of a month, and a run continues with its own."""
_HEADS = frozenset({"checkpoint.signed"})
"""The events whose envelope holds a head of the ledger, which the service signed, and no act."""
_ARRIVALS = frozenset({"request.admitted"})
"""The events by which a request is recorded before it is used: they begin nothing, and two workers may record one arrival."""

Signature = tuple[str, str]
"""What was signed, and the first number of the ECDSA signature on it, in hexadecimal digits.

From one signature (r, s) anyone can make a second valid one (r, n - s) without the key; each has an r of its own.
"""


def signature_of(event: LedgerEvent) -> Signature | None:
    """Return the signature that an event tells; None when it tells none, or one that nobody could verify."""
    if ENVELOPE not in event.details or event.action in _HEADS:
        return None
    try:
        return signature_in(base64.b64decode(event.details[ENVELOPE], validate=True))
    except (TypeError, ValueError):
        return None


def signature_in(envelope: bytes) -> Signature | None:
    """Return the signature in an envelope; None when the bytes are no envelope."""
    try:
        told = json.loads(envelope)
        proof = base64.b64decode(told["signatures"][0]["sig"], validate=True)
        return str(told["payload"]), _first_number(proof)
    except (LookupError, RecursionError, TypeError, ValueError):
        return None


def _first_number(proof: bytes) -> str:
    """Return r of an ECDSA signature in DER: a sequence of two integers."""
    return proof[4 : 4 + proof[3]].hex()


def told_again(events: Iterable[LedgerEvent]) -> tuple[tuple[LedgerEvent, LedgerEvent], ...]:
    """Return each event that tells a signature which an earlier one of ``events`` tells, with that earlier event.

    A request counts once for each study: it began one run of it, and only this run may have continued with it.
    """
    seen: dict[tuple[Signature, str], LedgerEvent] = {}
    found = []
    for event in events:
        signature = signature_of(event)
        if signature is None or event.action in _ARRIVALS:
            continue
        study = event.subject.partition("/")[0] if event.action in _REQUESTS else ""
        first = seen.setdefault((signature, study), event)
        continues = event.action == _CONTINUED and event.subject == first.subject
        if first is not event and not continues:
            found.append((event, first))
    return tuple(found)


def require_told_once(events: Iterable[LedgerEvent], about: str = "") -> None:
    """Raise IntegrityError when an event tells a signature again; ``about`` leaves out events on other subjects."""
    for event, first in told_again(events):
        if about in ("", event.subject):
            raise IntegrityError(
                f"ledger event {event.sequence} ({event.action}) tells again what {event.actor} signed for event "
                f"{first.sequence}; expected a signature of its own; take the ledger from the archive"
            )
