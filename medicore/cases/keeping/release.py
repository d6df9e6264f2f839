"""Carrying out a decision: the run continues, is released and archived, or is closed."""

import json

from medicore.cases.keeping.archive import archive
from medicore.cases.people.logged import SERVICE, log
from medicore.cases.review.review import answered_findings, standing_decisions, waiting_findings
from medicore.cases.review.signed_report import released_files
from medicore.cases.run.attest import attest
from medicore.cases.run.decisions import accepted_entry, missing_approvals, proved_decision
from medicore.cases.run.histories import history_of
from medicore.cases.run.runs import ActiveRun, lease, reopen, require_begun_on, take_up
from medicore.cases.run.stored import stored_file
from medicore.errors import ConfigurationError, ReviewError
from medicore.ports.house import House
from medicore.records.canonical import document
from medicore.records.identifiers import RunId
from medicore.records.ledger.appending import LEASE
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.ledger.states import RunState
from medicore.records.people.decision import Meaning, Statement
from medicore.records.protocol.parsing import parse_recorded


def follow(house: House, run: RunId) -> ActiveRun | None:
    """Carry out the signed decisions on a run; return the run if it is to continue.

    It can be repeated: a run that is released and not archived, after an interrupted transfer, is archived.

    Raises
    ------
    ReviewError
        When no decision in force lets the run continue; the ledger records this.
    ConfigurationError
        When code or packages differ from those with which the run began; the ledger records this.
    """
    history = history_of(house, run)
    found = history.state
    if found is RunState.RELEASED:
        archive(house, run, _retention_years(house, history))
        return None
    if found is RunState.RUNNING:
        _require_same_code(house, history)
        return take_up(house, history)
    if found in {RunState.ARCHIVED, RunState.REJECTED}:
        house.workspaces.discard(run)  # a killed process may have left it
        return None
    if found not in {RunState.HALTED, RunState.SEALED}:
        raise ReviewError(
            f"run {run} is {found}; nothing is left to decide; see 'medicore history {run.study}'"
        )
    try:
        return _decide(house, history)
    except ReviewError as error:
        log(house, SERVICE, "review.halted", str(run), str(error), {})
        raise


def _require_same_code(house: House, history: RunHistory) -> None:
    """Raise ConfigurationError unless code and packages are those with which the run began; the ledger records this."""
    try:
        require_begun_on(
            history.run, history.request.code_commit, house.code.require_clean(history.run.study)
        )
        house.environment.require_locked()
    except ConfigurationError as error:
        log(house, SERVICE, "review.halted", str(history.run), str(error), {})
        raise


def _decide(house: House, history: RunHistory) -> ActiveRun | None:
    """Carry out the decisions in force on a run that waits for one."""
    run, standing = history.run, standing_decisions(house, history)
    rejected = [(s, e) for s, e in standing if s.meaning is Meaning.REJECT]
    if rejected:
        _close(house, history, *rejected[0])
        return None
    if history.state is RunState.HALTED:
        return _continue(house, history, standing)
    approved = [(s, e) for s, e in standing if s.meaning is Meaning.APPROVE]
    if not approved:
        raise ReviewError(f"run {run} has no approval; sign one with 'medicore sign {run} --meaning approve'")
    if missing := missing_approvals(house, history, approved):
        raise ReviewError(
            f"run {run} lacks {missing} of {history.request.approvals} approvals; expected those of different people; have "
            f"another sign 'medicore sign {run} --meaning approve'"
        )
    _release(house, history, standing)
    archive(house, run, _retention_years(house, history))
    return None


def _close(house: House, history: RunHistory, statement: Statement, event: LedgerEvent) -> None:
    run = history.run
    log(house, SERVICE, "review.completed", str(run), "", {"decision": event.sequence})
    log(house, SERVICE, "run.rejected", str(run), statement.reason, {"decision": event.sequence})
    attest(house, run, _retention_years(house, history))
    house.workspaces.discard(run)
    house.progress(run, "review", "rejected")


def _continue(
    house: House, history: RunHistory, standing: tuple[tuple[Statement, LedgerEvent], ...]
) -> ActiveRun:
    run = history.run
    waiting = waiting_findings(history, standing)
    if waiting:
        raise ReviewError(
            f"run {run} still waits at {len(waiting)} finding(s), first {waiting[0].digest[:12]}; "
            f"see 'medicore review {run}'"
        )
    _require_same_code(house, history)
    decisions = [
        accepted_entry(statement, event) for statement, event in answered_findings(standing).values()
    ]
    log(house, SERVICE, "review.completed", str(run), "", {"decisions": [d["sequence"] for d in decisions]})
    details = {"decisions": decisions, LEASE: lease(house)}
    taken = log(house, SERVICE, "run.continued", str(run), "", details)
    house.progress(run, "review", "continued")
    return reopen(house, history_of(house, run), fence=taken.sequence)


def _release(house: House, history: RunHistory, standing: tuple[tuple[Statement, LedgerEvent], ...]) -> None:
    """Make the released record: a child of the sealed commit with every decision on the run, and its own tag.

    The ``standing`` decisions were proved already.
    """
    run, proved = history.run, {event.sequence for _, event in standing}
    approvals = tuple((said, event) for said, event in standing if said.meaning is Meaning.APPROVE)
    signed = [decision.event for decision in history.decisions]
    folder = f"{run.folder}/decisions"
    files = released_files(house, run, approvals)
    for decision in history.decisions:
        if decision.event.sequence not in proved:
            proved_decision(house, history, decision)
        files[f"{folder}/{decision.event.sequence}.dsse.json"] = decision.envelope
    files[f"{folder}/index.json"] = document(
        [
            {
                "sequence": e.sequence,
                "at": e.at,
                **{k: v for k, v in e.details.items() if k != "envelope"},
            }
            for e in signed
        ]
    )
    commit = house.sealing.seal(
        parent=history.sealed_commit,
        replaced="",
        files=files,
        tag=f"record/{run}",
        message=f"{run}: released",
        actor=signed[-1].actor,
        at=house.clock.now(),
    )
    log(house, SERVICE, "review.completed", str(run), "", {"commit": commit})
    log(house, SERVICE, "run.released", str(run), "", {"commit": commit, "tag": f"record/{run}"})
    house.progress(run, "review", "released")


def _retention_years(house: House, history: RunHistory) -> int:
    """Return the retention in the run's own recorded protocol."""
    run = history.run
    stored = stored_file(house, run, history.sealed_commit, "protocol.json")
    return parse_recorded(json.dumps(json.loads(stored)), str(run)).retention.years
