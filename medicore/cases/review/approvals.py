"""approvals: every decision on a run, who signed it on what, and whether it holds."""

from collections.abc import Callable, Mapping
from typing import Any

from medicore.cases.people.signers import people
from medicore.cases.review.review import DECIDED_UPON, decision_digests, requester_of, verified
from medicore.cases.run.runs import SEALED_BY
from medicore.cases.run.stored import stored_file
from medicore.errors import IntegrityError, MediCoreError, ProtocolError
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.moment import timestamp
from medicore.records.people.decision import Statement, require_allowed, require_bound
from medicore.records.people.people import Person, person_named, standing_of


def approvals(house: House, run: RunId) -> dict[str, Any]:
    """Return every decision signed on a run and every attempt to sign that was refused, in order.

    Of each decision: who, in which role, its meaning, reason and time, the certificate, the digests it is bound to;
    ``valid_when_signed``: signature, certificate, role and person were good then; ``valid_now``: that still proves,
    and everything it was signed on is still there, byte for byte. A certificate that expired, was renewed or was
    revoked since takes nothing from either; ``certificate.now`` says how it stands.

    Raises
    ------
    ProtocolError
        When nobody ever asked for the run.
    """
    events = tuple(house.ledger.events(subject=str(run)))
    if not any(event.action == "run.requested" for event in events):
        raise ProtocolError(f"run {run} is unknown; see 'medicore history {run.study}'")
    return {
        "run": str(run),
        "requested_by": requester_of(house, run),
        "decisions": [_decision(house, run, event) for event in events if event.action == "decision.signed"],
        "refused": [
            {
                "sequence": event.sequence,
                "at": event.at,
                "who": event.actor,
                "meaning": event.details.get("meaning"),
                "cause": event.details.get("cause"),
                "message": event.reason,
            }
            for event in events
            if event.action == "decision.refused"
        ],
    }


def _decision(house: House, run: RunId, event: LedgerEvent) -> dict[str, Any]:
    signer = person_named(people(house, event.sequence), event.actor)
    said: Mapping[str, Any] = event.details["statement"]["predicate"]
    when = _fault(lambda: _require_good(house, run, event, signer))
    now = when or _fault(lambda: _require_kept(house, run, verified(house, event)))
    digests = {
        part["name"]: next(iter(part["digest"].values())) for part in event.details["statement"]["subject"]
    }
    return {
        "sequence": event.sequence,
        "at": event.at,
        "signer": event.actor,
        "name": said["printed_name"],
        "role": said["role"],
        "meaning": said["meaning"],
        "reason": said["reason"],
        "finding": said["finding"],
        "digests": digests,
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


def _require_good(house: House, run: RunId, event: LedgerEvent, signer: Person) -> None:
    """Raise one of our errors unless the decision was valid when the ledger took it, and the ledger tells it so."""
    statement = verified(house, event)
    require_allowed(statement, signer, requester_of(house, run))
    if statement.run != str(run) or statement.as_json() != event.details["statement"]:
        raise IntegrityError(
            f"ledger event {event.sequence} tells another decision than was signed; expected the same; "
            "take the ledger from the archive"
        )


def _require_kept(house: House, run: RunId, statement: Statement) -> None:
    """Raise one of our errors unless everything that the decision was signed on is there, byte for byte."""
    commit = dict(statement.digests)["sealed commit"]
    sealings = {e.details["commit"] for e in house.ledger.events(subject=str(run)) if e.action in SEALED_BY}
    if commit not in sealings:
        raise IntegrityError(f"commit {commit[:12]} is no sealing of run {run}; run 'medicore verify {run}'")
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
    """Return how the certificate of a past decision stands now."""
    now = timestamp(house.clock.now())
    person = people(house)[signer.identifier]
    if person.fingerprint != signer.fingerprint:
        return "renewed since"
    standing = standing_of(person, now)
    return f"revoked on {person.revoked_at}" if standing == "revoked" else standing
