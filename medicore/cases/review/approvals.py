"""approvals: every decision on a run, who signed it on what, and whether it is valid."""

from collections.abc import Callable
from typing import Any

from medicore.cases.people.seeing import closed
from medicore.cases.people.signers import people
from medicore.cases.run.decisions import DECIDED_UPON, decision_digests, proved_decision, verified
from medicore.cases.run.histories import history_of
from medicore.cases.run.stored import stored_file
from medicore.errors import IntegrityError, MediCoreError
from medicore.ports.house import House
from medicore.records.blinding.pooled import HIDDEN
from medicore.records.identifiers import RunId
from medicore.records.ledger.event_details import SignedDecision
from medicore.records.ledger.history import RunHistory
from medicore.records.moment import timestamp
from medicore.records.people.decision import Statement, require_bound
from medicore.records.people.people import Person, person_named, standing_of


def approvals(house: House, run: RunId) -> dict[str, Any]:
    """Return every decision signed on a run and every attempt to sign that was refused, in order.

    A decision has its signer, role, meaning, reason, time and certificate, and the digests that it is bound to.
    ``valid_when_signed``: signature, certificate, role and person were valid then. ``valid_now``: this can still be
    proved, and everything that the decision was signed on is unchanged, byte for byte. A certificate that expired,
    was renewed or was revoked since changes neither; ``certificate.now`` says how it stands. While the study is closed,
    reasons and findings are left out: whoever wrote them had seen results.

    Raises
    ------
    ProtocolError
        When there is no request for the run.
    """
    history = history_of(house, run)
    hidden = {"reason": HIDDEN, "finding": HIDDEN} if closed(house, run.study) is not None else {}
    return {
        "run": str(run),
        "requested_by": history.request.requester,
        "approvals_needed": history.request.approvals,
        "decisions": [_decision(house, history, decision) | hidden for decision in history.decisions],
        "refused": [
            {
                "sequence": refused.event.sequence,
                "at": refused.event.at,
                "who": refused.who,
                "meaning": refused.meaning,
                "cause": refused.cause,
                "message": refused.event.reason,
            }
            for refused in history.refused_decisions
        ],
    }


def _decision(house: House, history: RunHistory, decision: SignedDecision) -> dict[str, Any]:
    event, said = decision.event, decision.told
    signer = person_named(people(house, event.sequence), event.actor)
    when = _fault(lambda: proved_decision(house, history, decision))
    now = when or _fault(lambda: _require_kept(house, history, verified(house, decision)))
    return {
        "sequence": event.sequence,
        "at": event.at,
        "signer": event.actor,
        "name": said.text("printed_name"),
        "role": said.text("role"),
        "meaning": said.text("meaning"),
        "reason": said.text("reason"),
        "finding": said.text_or_none("finding"),
        "digests": decision.digests,
        "certificate": {
            "serial": house.certifier.serial(signer),
            "fingerprint": signer.fingerprint,
            "issuer": "elsewhere" if signer.chain else "embedded authority",
            "valid_from": signer.valid_from,
            "valid_until": signer.valid_until,
            "now": _certificate_now(house, signer),
        },
        "valid_when_signed": not when,
        "valid_now": not now,
        "fault": when or now,
    }


def _require_kept(house: House, history: RunHistory, statement: Statement) -> None:
    """Raise one of our errors unless everything that the decision was signed on is unchanged, byte for byte."""
    run, commit = history.run, dict(statement.digests)["sealed commit"]
    if commit not in {sealing.commit for sealing in history.sealings}:
        raise IntegrityError(
            f"commit {commit[:12]} is not a sealing of run {run}; run 'medicore verify {run}'"
        )
    require_bound(statement, str(run), decision_digests(house, run, commit), statement.finding)
    for name, _ in statement.digests:
        if name in DECIDED_UPON:
            stored_file(house, run, commit, name)


def _fault(work: Callable[[], object]) -> str | None:
    try:
        work()
    except MediCoreError as error:
        return str(error)
    return None


def _certificate_now(house: House, signer: Person) -> str:
    """Return the present standing of the certificate of a past decision."""
    now = timestamp(house.clock.now())
    person = people(house)[signer.identifier]
    if person.fingerprint != signer.fingerprint:
        return "renewed since"
    standing = standing_of(person, now)
    return f"revoked on {person.revoked_at}" if standing == "revoked" else standing
