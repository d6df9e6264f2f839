"""returning: a reviewer returns a waiting run with comments; it stays as it is, and its requester is told."""

from typing import Any

from medicore.cases.people.acting import Actor
from medicore.cases.people.attributed import record_act, refusals, require_signatory
from medicore.cases.people.seeing import closed
from medicore.cases.review.review import require_open
from medicore.cases.run.histories import history_of
from medicore.errors import ReviewError
from medicore.ports.house import House
from medicore.records.blinding.pooled import HIDDEN
from medicore.records.identifiers import RunId, person_id
from medicore.records.ledger.history import RETURNED, RunHistory
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.decision import require_reason
from medicore.records.people.people import Permission


def return_run(house: House, run: RunId, actor: Actor) -> LedgerEvent:
    """Record that a person returns a run with comments, which are the actor's reason; return the signed event.

    It is no decision: state, findings and signatures of the run stay, and others may decide on it.

    Raises
    ------
    ReviewError
        When the run waits for no decision, or the actor may not return runs, requested this one, does not open their own
        key, or wrote no comments. The refusal is in the ledger.
    ProtocolError
        When the person is malformed, or the run unknown.
    """
    person_id(actor.identifier)
    with (
        house.locks.hold(run.study, run.month, f"medicore return {run}, by {actor.identifier}"),
        refusals(house, actor.identifier, "decision.refused", str(run), meaning="return"),
    ):
        history = history_of(house, run)
        require_open(history)
        signatory = require_signatory(house, actor.identifier, Permission.RETURN, lambda _: actor.passphrase)
        requester = history.request.requester
        if requester == actor.identifier or requester in signatory.person.key_shared_with:
            raise ReviewError(
                f"{actor.identifier} requested this run, or had a key of {requester}; expected the comments of another person"
            )
        require_reason(actor.reason)
        details = {"commit": history.sealed_commit, "requester": requester}
        return record_act(house, signatory, RETURNED, str(run), actor.reason, details)


def returns_of(house: House, history: RunHistory) -> list[dict[str, Any]]:
    """Return the comments with which a run was returned since its last sealing, in order.

    While the study is closed, the words are left out: whoever wrote them may have seen results.
    """
    hidden = closed(house, history.run.study) is not None
    return [
        {
            "at": event.at,
            "by": event.actor,
            "comments": HIDDEN if hidden else event.reason,
            "sequence": event.sequence,
        }
        for event in history.returns
    ]
