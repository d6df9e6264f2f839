"""review: a human decides on a finding or a report, and the decision is carried out on the run."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from medicore.cases.people.seeing import closed, require_permitted
from medicore.cases.people.signers import people, refuse, require_not_locked
from medicore.cases.review.signed_report import sign_report
from medicore.cases.run.decisions import SEALED, decision_digests, proved_decision, verified
from medicore.cases.run.histories import history_of
from medicore.errors import ConfigurationError, ReviewError, WrongPassphraseError
from medicore.ports.house import House
from medicore.records.blinding.pooled import FITNESS
from medicore.records.finding import StoredFinding
from medicore.records.identifiers import RunId, person_id
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.ledger.states import RunState
from medicore.records.moment import timestamp
from medicore.records.people.decision import (
    Meaning,
    Statement,
    earlier_same,
    meaning_named,
    require_allowed,
    require_bound,
    state,
)
from medicore.records.people.people import Person, person_named

_ANSWERS = {Meaning.PROCEED: RunState.HALTED, Meaning.APPROVE: RunState.SEALED}
_CAUSES = {WrongPassphraseError: "passphrase", ConfigurationError: "configuration"}


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision before its signature: its meaning, the reason, and the finding that it answers, if any.

    The finding is named by its digest, or the beginning of it.
    """

    signer: str
    meaning: str
    reason: str
    finding: str | None = None


def require_open(history: RunHistory) -> RunState:
    """Return the state of a run that waits for a human; raise ReviewError when the run does not wait."""
    found = history.state
    if found not in {RunState.HALTED, RunState.SEALED}:
        raise ReviewError(
            f"run {history.run} is {found}; expected one that waits for a decision; see 'medicore review'"
        )
    return found


def sign_decision(house: House, run: RunId, decision: Decision, passphrase: str) -> LedgerEvent:
    """Sign a decision and record it in the ledger; return its event, or the earlier event of the same decision.

    Raises
    ------
    ReviewError
        When the run is not open, or person, role, key, reason or finding are not allowed. The refusal is in the
        ledger.
    ConfigurationError
        When the report cannot be signed, for example without an answer of the time stamping service. This is recorded
        in the ledger, too.
    """
    person_id(decision.signer)
    try:
        history = history_of(house, run)
        named = replace(decision, finding=_named_finding(history, decision.finding))
        return _sign(house, history, named, passphrase)
    except (ConfigurationError, ReviewError) as error:
        cause = _CAUSES.get(type(error), "refused")
        details = {"cause": cause, "meaning": decision.meaning[:40]}
        refuse(house, decision.signer, "decision.refused", str(run), error, details)
        raise


def _sign(house: House, history: RunHistory, decision: Decision, passphrase: str) -> LedgerEvent:
    run = history.run
    person = person_named(people(house), decision.signer)
    require_not_locked(house, decision.signer)
    found = history.state
    if found is RunState.EXPLORED:
        raise ReviewError(
            f"run {run} is exploratory: it can be neither signed nor archived; run it on a clean commit"
        )
    statement = state(
        person,
        run=str(run),
        digests=decision_digests(house, run, history.sealed_commit),
        finding=decision.finding,
        meaning=decision.meaning,
        reason=decision.reason,
        signed_at=timestamp(house.clock.now()),
    )
    require_allowed(statement, person, history.request.requester, history.gate_of(decision.finding))
    _require_seeing(house, history, statement, person)
    envelope = house.seals.sign(statement, passphrase)
    house.seals.verify(envelope, person, statement.signed_at)
    for earlier in history.decisions:
        if earlier_same(statement, [verified(house, earlier)]) is not None:
            return earlier.event
    found = require_open(history)
    wanted = _ANSWERS.get(meaning_named(decision.meaning), found)
    if found is not wanted:
        raise ReviewError(
            f"run {run} is {found}; '{decision.meaning}' answers one that is {wanted}; see 'medicore review'"
        )
    if statement.meaning is Meaning.PROCEED:
        _require_overridable(history, decision.finding)
    details = {"statement": statement.as_json(), "envelope": base64.b64encode(envelope).decode()}
    if statement.meaning is Meaning.APPROVE:
        _require_another(house, history, person)
        details |= sign_report(house, run, statement, passphrase, proved_approvals(house, history))
    return house.ledger.append(
        NewEvent(person.identifier, person.role.value, "decision.signed", str(run), statement.reason, details)
    )


def _require_another(house: House, history: RunHistory, person: Person) -> None:
    """Raise ReviewError when a person who approves ever had a key of one who has approved already."""
    for statement, _ in proved_approvals(house, history):
        if statement.signer in person.key_shared_with:
            raise ReviewError(
                f"{person.identifier} and {statement.signer}, who approved this run, had one public key; expected the approval "
                "of another person; ask someone"
            )


def _require_seeing(house: House, history: RunHistory, statement: Statement, person: Person) -> None:
    """Raise ReviewError when a decision judges closed results and its signer may not see them.

    A rejection, and the answer to a finding about the fitness of the data, judge no comparison.
    """
    fit = any(one.digest == statement.finding and one.step in FITNESS for one in history.findings)
    closure = closed(house, history.run.study)
    if closure is not None and statement.meaning is not Meaning.REJECT and not fit:
        require_permitted(house, history.run.study, person, closure)


def approvals_of(house: House, run: RunId) -> tuple[tuple[Statement, LedgerEvent], ...]:
    """Return the approvals of a run's present sealing, each proved from its envelope, in order."""
    return proved_approvals(house, history_of(house, run))


def proved_approvals(house: House, history: RunHistory) -> tuple[tuple[Statement, LedgerEvent], ...]:
    """Return the same for a run whose history was read already."""
    commit = history.sealed_commit
    signed = [
        (proved_decision(house, history, decision), decision.event)
        for decision in history.decisions
        if decision.digests.get(SEALED) == commit
    ]
    return tuple((statement, event) for statement, event in signed if statement.meaning is Meaning.APPROVE)


def standing_decisions(house: House, history: RunHistory) -> tuple[tuple[Statement, LedgerEvent], ...]:
    """Return the decisions on a run that are valid for its present sealing, each proved from its envelope.

    Nothing is taken on trust: the signature, the signer's role and key, and the binding to run, digests and finding
    are checked again at each call. Decisions on an earlier sealing are ignored.
    """
    run = history.run
    if not history.decisions:
        return ()
    now = decision_digests(house, run, history.sealed_commit)
    standing = []
    for decision in history.decisions:
        if decision.digests.get(SEALED) == now[SEALED]:
            statement = proved_decision(house, history, decision)
            require_bound(statement, str(run), now, statement.finding)
            standing.append((statement, decision.event))
    return tuple(standing)


def answered_findings(
    standing: Iterable[tuple[Statement, LedgerEvent]],
) -> dict[str, tuple[Statement, LedgerEvent]]:
    """Return each finding, by its digest, that a decision in force answers with 'proceed', with the last such decision."""
    return {
        str(statement.finding): (statement, event)
        for statement, event in standing
        if statement.meaning is Meaning.PROCEED
    }


def next_step(
    history: RunHistory, standing: Sequence[tuple[Statement, LedgerEvent]]
) -> tuple[str, str | None]:
    """Return what a run that waits for a person needs next: the verb or meaning, and its finding, if any.

    It is ``follow`` when everything needed was signed, and only has to be carried out.
    """
    if any(statement.meaning is Meaning.REJECT for statement, _ in standing):
        return "follow", None
    if history.state is not RunState.HALTED:
        signers = {statement.signer for statement, _ in standing if statement.meaning is Meaning.APPROVE}
        return ("follow" if len(signers) >= history.request.approvals else Meaning.APPROVE.value), None
    if any(not finding.overridable for finding in history.findings):
        return Meaning.REJECT.value, None
    waiting = waiting_findings(history, standing)
    return (Meaning.PROCEED.value, waiting[0].digest) if waiting else ("follow", None)


def waiting_findings(
    history: RunHistory, standing: Iterable[tuple[Statement, LedgerEvent]]
) -> tuple[StoredFinding, ...]:
    """Return the findings of a halted run that no decision in force answers."""
    answered = answered_findings(standing)
    return tuple(finding for finding in history.findings if finding.digest not in answered)


def _require_overridable(history: RunHistory, finding: str | None) -> None:
    run, stored = history.run, {waiting.digest: waiting for waiting in history.findings}
    if finding is None or finding not in stored:
        raise ReviewError(
            f"finding {str(finding)[:12]} is not one of the {len(stored)} at which run {run} waits; "
            f"see 'medicore review {run}'"
        )
    if not stored[finding].overridable:
        raise ReviewError(
            f"finding {finding[:12]} ({stored[finding].gate}) cannot be overridden; reject the run, have its cause "
            "corrected, and run again"
        )


def _named_finding(history: RunHistory, text: str | None) -> str | None:
    """Return the digest of the finding that begins with ``text``; None when the run has no finding or none is named.

    Raises
    ------
    ReviewError
        When the text fits none or several of the findings at which the run waits.
    """
    if text is None:
        return None
    run = history.run
    fitting = [finding.digest for finding in history.findings if finding.digest.startswith(text)]
    if len(fitting) != 1 or len(text) < 8:
        raise ReviewError(
            f"{text[:12]!r} names {len(fitting)} of the findings of run {run}; expected the first 8 digits or more "
            f"of one; see 'medicore review {run}'"
        )
    return fitting[0]
