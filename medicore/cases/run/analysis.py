"""analysis: from a request to a sealed candidate or to a finding."""

from collections.abc import Callable
from dataclasses import dataclass

from medicore.cases.run.advance import advance
from medicore.cases.run.evidence import evidence_of
from medicore.cases.run.histories import history_of
from medicore.cases.run.runs import ActiveRun
from medicore.cases.run.seal import seal
from medicore.errors import BusyError, HaltedError, InfrastructureError, MediCoreError
from medicore.ports.house import House
from medicore.records.finding import Finding
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import RunState
from medicore.steps.way import STEP_NAMES

Advance = Callable[[ActiveRun, str], tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an analysis ended: sealed as candidate, halted at findings, or failed with a message."""

    run: str
    state: str
    commit: str
    findings: tuple[Finding, ...] = ()
    message: str = ""
    exit_code: int = 0


def ended(house: House, run: RunId) -> Outcome | None:
    """Return the outcome of a run that has ended or waits for a person; None for an active or unknown run."""
    history = history_of(house, run)
    if not history.told("run.requested") or history.state is RunState.RUNNING:
        return None
    found = history.state
    commit = history.sealed_commit if history.sealings else ""
    said = f"{run} is {found}; nothing was done again"
    if found is RunState.HALTED:
        waiting = f"{said}; see 'medicore review {run}'"
        return Outcome(str(run), "halted", commit, message=waiting, exit_code=HaltedError.exit_code)
    if found is RunState.FAILED:
        return Outcome(str(run), "failed", commit, message=said, exit_code=MediCoreError.exit_code)
    return Outcome(str(run), found.value, commit, message=said)


def analyse(house: House, active: ActiveRun, step: Advance | None = None) -> Outcome:
    """Perform the steps of a run and seal it, however it ends.

    ``step`` performs one step; flows pass their task. An error of MediCore's own ends the run as failed, unless the
    infrastructure is its cause: such an error, as a killed process, leaves the run unchanged, to be resumed.

    Raises
    ------
    InfrastructureError
        When a store, a program, the disk or the clock cannot be used; the run stays open.
    BusyError
        When another worker has the run.
    """
    move = step or (lambda run, name: advance(house, run, name))
    run = str(active.id)
    for name in STEP_NAMES:
        try:
            findings = move(active, name)
        except BusyError:
            raise  # another worker has the run; this one changes nothing of it
        except InfrastructureError:
            house.progress(active.id, name, "interrupted")
            raise  # it says nothing about data or statistics
        except MediCoreError as error:
            house.progress(active.id, name, "failed")
            details = {"step": name, "error": type(error).__name__, "exit_code": error.exit_code}
            commit = seal(house, active, "failed", str(error), details)
            if not active.exploratory:  # an exploration has no record, so its files stay
                house.workspaces.discard(active.id)
            return Outcome(run, "failed", commit, message=str(error), exit_code=error.exit_code)
        if findings:
            stopped = {"step": name, "findings": [finding.as_json() for finding in findings]}
            evidence = evidence_of(house, active)
            told = f"{len(findings)} finding(s) at {name}{evidence.remark}"
            commit = seal(house, active, "halted", told, stopped, evidence.files)
            return Outcome(run, "halted", commit, findings, findings[0].message, HaltedError.exit_code)
    return Outcome(run, "candidate", seal(house, active, "candidate"))
