"""decisions: what a person signed about a run, proved from the envelope, and what may follow from it.

An event of the ledger says what MediCore did; only a signed envelope says what a person decided. So everything that
follows from a decision is derived from the envelopes before it, never from the text of the event.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from medicore.cases.people.signers import signer_of
from medicore.cases.run.stored import read_provenance
from medicore.errors import IntegrityError, ReviewError
from medicore.ports.house import House
from medicore.records.canonical import canonical
from medicore.records.identifiers import RunId
from medicore.records.ledger.event_details import Ending, SignedDecision, details_of
from medicore.records.ledger.history import SEALED_BY, RunHistory
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.people.decision import Meaning, Statement, require_allowed, require_bound
from medicore.records.people.people import Person

DECIDED_UPON = (
    "evidence.json",
    "evidence.pdf",
    "extract.parquet",
    "protocol.json",
    "report.pdf",
    "results.json",
)
SEALED = "sealed commit"
"""The name under which a decision contains the commit of the record that it was signed on."""


def decision_digests(house: House, run: RunId, commit: str) -> dict[str, str]:
    """Return the digests that bind a decision to a run: files, code, environment, sealed ``commit`` (21 CFR 11.70)."""
    provenance = read_provenance(house, run, commit)
    digests = {e["name"]: e["sha256"] for e in provenance["files"] if e["name"] in DECIDED_UPON}
    return {
        **digests,
        "code commit": provenance["run"]["code_commit"],
        "requirements.lock": provenance["run"]["environment_digest"],
        SEALED: commit,
    }


def verified(house: House, decision: SignedDecision) -> Statement:
    """Return the decision of a ledger event after proving its signature as of the event's time.

    The key is the one that the signer had then: a later renewal or revocation does not change the decision.
    """
    person = signer_of(house, decision.event)
    return house.seals.verify(decision.envelope, person, decision.event.at)


def proved_decision(house: House, history: RunHistory, decision: SignedDecision) -> Statement:
    """Return the statement of a decision that was valid when the ledger recorded it and that agrees with its event.

    Raises
    ------
    ReviewError
        When the signature is invalid, its signer was not allowed to decide on this run, the envelope is about another
        run, or the event differs from what was signed.
    """
    statement, event = verified(house, decision), decision.event
    gate = history.gate_of(statement.finding)
    require_allowed(statement, signer_of(house, event), history.request.requester, gate)
    if statement.run != str(history.run):
        raise ReviewError(
            f"ledger event {event.sequence} on {history.run} holds a decision about {statement.run}; expected one about "
            f"{history.run}; sign a decision for this run"
        )
    told = (decision.statement, event.reason, event.role)
    if told != (statement.as_json(), statement.reason, statement.role):
        raise ReviewError(
            f"ledger event {event.sequence} tells another decision than {event.actor} signed; expected the same; take the "
            "ledger from the archive"
        )
    return statement


def accepted(house: House, history: RunHistory) -> tuple[Mapping[str, Any], ...]:
    """Return the decisions with which the run continued after a halt, in the form of the run's identity.

    Raises
    ------
    ReviewError, IntegrityError
        When a continuation does not follow from signed decisions.
    """
    return tuple(
        entry for event in history.told("run.continued") for entry in _continuation(house, history, event)
    )


def accepted_entry(statement: Statement, event: LedgerEvent) -> dict[str, Any]:
    """Return a decision on a finding in the form of the run's identity."""
    return {
        "finding": statement.finding,
        "meaning": statement.meaning.value,
        "reason": statement.reason,
        "signer": statement.signer,
        "name": statement.printed_name,
        "role": statement.role,
        "signed_at": statement.signed_at,
        "sequence": event.sequence,
    }


def require_decided(house: House, history: RunHistory, event: LedgerEvent) -> None:
    """Raise unless ``event``, the run's continuation, rejection or release, follows from signed decisions.

    Raises
    ------
    ReviewError, IntegrityError
        When no decision with the required meaning on the sealing before the event is proved.
    """
    _FOLLOWING[event.action](house, history, event)


def _continuation(house: House, history: RunHistory, event: LedgerEvent) -> list[dict[str, Any]]:
    """Return the proved decisions with which a run continued, in the order of the event's list."""
    halt = _sealing_before(history, event)
    waiting = {finding.digest: finding for finding in Ending(halt).findings}
    signed = {
        decision.sequence: accepted_entry(statement, decision)
        for statement, decision in _standing(house, history, event, Meaning.PROCEED)
        if statement.finding in waiting and waiting[str(statement.finding)].overridable
    }
    told = [dict(part.values) for part in details_of(event).parts("decisions")]
    proved = [signed.get(int(part.get("sequence", 0)), {}) for part in told]
    answered = {part.get("finding") for part in proved}
    if canonical(proved) != canonical(told) or answered != set(waiting):
        raise IntegrityError(
            f"ledger event {event.sequence} says that {history.run} continued; expected signed decisions on all of its "
            f"{len(waiting)} findings, found {len([part for part in proved if part])}; take the ledger from the archive"
        )
    return proved


def _rejection(house: House, history: RunHistory, event: LedgerEvent) -> None:
    standing = _standing(house, history, event, Meaning.REJECT)
    named = details_of(event).count("decision")
    if not any(
        decision.sequence == named and statement.reason == event.reason for statement, decision in standing
    ):
        raise _undecided(history, event, "rejection")


def _release(house: House, history: RunHistory, event: LedgerEvent) -> None:
    approvals = _standing(house, history, event, Meaning.APPROVE)
    if not approvals:
        raise _undecided(history, event, "approval")
    if missing := missing_approvals(house, history, approvals):
        raise ReviewError(
            f"ledger event {event.sequence} ({event.action}) of {history.run} follows from {missing} signed approval(s) too few; "
            f"expected those of {history.request.approvals} different people before it; take the ledger from the archive"
        )


def missing_approvals(
    house: House, history: RunHistory, approvals: Iterable[tuple[Statement, LedgerEvent]]
) -> int:
    """Return how many people still have to approve a run, after these proved ``approvals`` of its sealing.

    Who ever had a key of another approver is no other person.
    """
    counted: list[Person] = []
    for statement, event in approvals:
        person = signer_of(house, event)
        others = {other.identifier for other in counted}
        if statement.signer not in others and not person.key_shared_with & others:
            counted.append(person)
    return max(history.request.approvals - len(counted), 0)


_FOLLOWING: Mapping[str, Callable[[House, RunHistory, LedgerEvent], object]] = MappingProxyType(
    {"run.continued": _continuation, "run.rejected": _rejection, "run.released": _release}
)
FOLLOWING = frozenset(_FOLLOWING)
"""The events that must follow from a person's signed decision."""


def _standing(
    house: House, history: RunHistory, event: LedgerEvent, meaning: Meaning
) -> list[tuple[Statement, LedgerEvent]]:
    """Return the proved decisions with a meaning that come before ``event`` and are bound to the sealing before it."""
    run, commit = history.run, details_of(_sealing_before(history, event)).text("commit")
    earlier = [decision for decision in history.decisions if decision.event.sequence < event.sequence]
    found = []
    for decision in _on(earlier, commit):
        statement = proved_decision(house, history, decision)
        if statement.meaning is meaning:
            require_bound(statement, str(run), decision_digests(house, run, commit), statement.finding)
            found.append((statement, decision.event))
    return found


def _on(decisions: Iterable[SignedDecision], commit: str) -> list[SignedDecision]:
    return [decision for decision in decisions if decision.digests.get(SEALED) == commit]


def _sealing_before(history: RunHistory, event: LedgerEvent) -> LedgerEvent:
    """Return the last event before ``event`` by which the record was sealed."""
    sealed = [each for each in history.told(*SEALED_BY) if each.sequence < event.sequence]
    if not sealed:
        raise IntegrityError(
            f"ledger event {event.sequence} ({event.action}) precedes every sealing of {history.run}; expected one "
            "before it; take the ledger from the archive"
        )
    return sealed[-1]


def _undecided(history: RunHistory, event: LedgerEvent, wanted: str) -> ReviewError:
    return ReviewError(
        f"ledger event {event.sequence} ({event.action}) of {history.run} follows from no signed {wanted}; expected one "
        "before it; take the ledger from the archive"
    )
