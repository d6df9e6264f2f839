"""trail: quality reviews a part of the audit trail, with a result, and signs that; what nobody reviewed is told."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from medicore.cases.people.acting import Actor
from medicore.cases.people.attributed import record_act, refusals, require_signatory
from medicore.cases.people.signers import proved
from medicore.cases.run.histories import event_at
from medicore.errors import IntegrityError, MediCoreError, ProtocolError
from medicore.ports.house import House
from medicore.records.checking import Check, CheckKind, attempt
from medicore.records.identifiers import person_id
from medicore.records.ledger.event_details import details_of
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.decision import require_reason
from medicore.records.people.people import Permission

REVIEWED, SUBJECT = "ledger.reviewed", "ledger"
_WHAT = "reviews of the audit trail"


def review_trail(house: House, actor: Actor, first: int, last: int) -> LedgerEvent:
    """Record that a person reviewed the events from ``first`` to ``last``; the actor's reason is the result.

    The act names the digest of the last event, and so all events up to it.

    Raises
    ------
    ProtocolError
        When the ledger does not hold these events.
    ReviewError
        When the actor may not review the trail, does not open their own key, or gives no result. The refusal is in the
        ledger.
    """
    person_id(actor.identifier)
    head, _ = house.ledger.head()
    if not 1 <= first <= last <= head:
        raise ProtocolError(
            f"events {first} to {last} are not a part of the ledger; expected a first and a last one from 1 to {head}"
        )
    with refusals(house, actor.identifier, "person.refused", SUBJECT, action=REVIEWED):
        signatory = require_signatory(house, actor.identifier, Permission.AUDIT, lambda _: actor.passphrase)
        require_reason(actor.reason)
    details = {"from": first, "to": last, "digest": _event(house, last).digest}
    return record_act(house, signatory, REVIEWED, SUBJECT, actor.reason, details)


def _proved(house: House, event: LedgerEvent) -> tuple[LedgerEvent, int, int]:
    """Return a review of the trail, proved, with the first and the last event that it covers.

    Raises
    ------
    ReviewError, IntegrityError
        When the review was not signed, or its part of the ledger is another one now.
    """
    proved(house, event, Permission.AUDIT)
    told = details_of(event)
    first, last = told.count("from"), told.count("to")
    if not 1 <= first <= last < event.sequence or _event(house, last).digest != told.text("digest"):
        raise IntegrityError(
            f"ledger event {event.sequence} reviews events {first} to {last}, which are not those that were signed; expected "
            "the same; take the ledger from the archive"
        )
    return event, first, last


def _reviews(house: House) -> Iterator[tuple[LedgerEvent, int, int]]:
    """Yield each proved review; what is not proved reviews nothing, and 'ledger verify' names it."""
    for event in house.ledger.events(action=REVIEWED):
        with suppress(MediCoreError):
            yield _proved(house, event)


def unreviewed(house: House) -> dict[str, Any]:
    """Return the parts of the ledger that nobody reviewed, each as its first and last event, and the last review."""
    held = [*_reviews(house)]
    covered = sorted((first, last) for _, first, last in held)
    open_from, parts = 1, []
    for first, last in covered:
        if first > open_from:
            parts.append([open_from, first - 1])
        open_from = max(open_from, last + 1)
    head, _ = house.ledger.head()
    if open_from <= head:
        parts.append([open_from, head])
    latest = held[-1][0] if held else None
    return {
        "not_reviewed": parts,
        "events": sum(last - first + 1 for first, last in parts),
        "since": None if not parts else _event(house, parts[0][0]).at,
        "last_review": None
        if latest is None
        else {
            "at": latest.at,
            "by": latest.actor,
            "from": latest.details["from"],
            "to": latest.details["to"],
            "result": latest.reason,
            "sequence": latest.sequence,
        },
    }


def in_words(found: dict[str, Any]) -> str:
    """Return in a line what of the audit trail nobody reviewed, and who reviewed it last."""
    parts = ", ".join(
        f"{first} to {last}" if first < last else f"{first}" for first, last in found["not_reviewed"]
    )
    last = found["last_review"]
    before = (
        f"; the last review was by {last['by']} on {last['at'][:10]}" if last else "; it was never reviewed"
    )
    return f"Audit trail: {found['events']} event(s) not reviewed ({parts}), since {found['since'][:10]}{before}."


def reviews_check(house: House) -> Check:
    """Return the check of all reviews of the trail: each signed by who may, about the events as they are."""

    def prove() -> None:
        for event in house.ledger.events(action=REVIEWED):
            _proved(house, event)

    return attempt(CheckKind.PEOPLE, _WHAT, prove)


def _event(house: House, sequence: int) -> LedgerEvent:
    found = event_at(house, sequence)
    if found is None:
        raise IntegrityError(
            f"the ledger has no event {sequence}; expected it; take the ledger from the archive"
        )
    return found
