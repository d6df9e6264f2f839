"""recorded: when a signed request came into the ledger, so that it can wait in a queue for hours.

A request must be recorded within an hour of its signature. It is recorded when it arrives (``request.admitted``), or at the
latest when it begins its run. A run that continues with its own request does so whenever it is.
"""

import base64
import json
from datetime import datetime, timedelta

from medicore.errors import IntegrityError
from medicore.ports.house import House
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import moment
from medicore.records.people.act import RECORDING_LIMIT
from medicore.records.people.told_once import signature_in, signature_of

ADMITTED = "request.admitted"
"""The event by which a signed request was recorded when it arrived."""

SUBJECT = "requests"
"""The subject of a request and of its admission, since the run has no number yet."""

QUEUE_LIMIT = timedelta(days=7)
"""The longest time between the admission of a request and the beginning of a run by it."""


def recorded_at(house: House, envelope: bytes, at: str, beginning: LedgerEvent | None = None) -> str:
    """Return when a request, used at ``at``, came into the ledger: ``at`` itself unless an earlier event holds its signature.

    ``beginning`` is the event by which the run began that continues; it counts if it holds the same signature.
    """
    asked = signature_in(envelope)
    used = (
        beginning.at
        if beginning is not None and asked is not None and signature_of(beginning) == asked
        else at
    )
    if asked is None or moment(used) - _signed_at(envelope, used) <= RECORDING_LIMIT:
        return used
    admitted = [
        event.at
        for event in house.ledger.events(subject=SUBJECT, action=ADMITTED)
        if timedelta(0) <= moment(used) - moment(event.at) <= QUEUE_LIMIT and signature_of(event) == asked
    ]
    return min(admitted, default=used)


def is_recorded(house: House, envelope: bytes) -> bool:
    """Return whether an admission holds the signature in this envelope."""
    asked = signature_in(envelope)
    return any(
        signature_of(event) == asked for event in house.ledger.events(subject=SUBJECT, action=ADMITTED)
    )


def _signed_at(envelope: bytes, otherwise: str) -> datetime:
    """Return the signer's time in an envelope, which is verified elsewhere."""
    try:
        return moment(json.loads(base64.b64decode(json.loads(envelope)["payload"]))["signed_at"])
    except (LookupError, RecursionError, TypeError, ValueError, IntegrityError):
        return moment(otherwise)
