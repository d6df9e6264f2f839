"""advance: a run performs one step, unless the ledger shows that it was done on exactly these files."""

from collections.abc import Mapping
from typing import Any

from medicore.cases.people.logged import SERVICE, log
from medicore.cases.run.data_lock import have_lock
from medicore.cases.run.histories import history_of
from medicore.cases.run.runs import ActiveRun
from medicore.ports.files import RecordFiles
from medicore.ports.house import House
from medicore.records.canonical import sha256
from medicore.records.finding import Finding
from medicore.records.ledger.appending import FENCE
from medicore.records.ledger.event_details import LOOK
from medicore.steps.gate import read_findings, read_section
from medicore.steps.report import Rendering
from medicore.steps.way import digests, step_named


def advance(house: House, active: ActiveRun, step: str) -> tuple[Finding, ...]:
    """Perform one step, unless the ledger shows that it was done on exactly these files; return its findings.

    A step with findings that need a decision leaves a ``<step>.halted`` event; the caller then seals.
    """
    run, files = active.id, active.files
    history = history_of(house, run)
    if step == "extract":
        have_lock(house, active, history.data_lock)
    declared = step_named(step)
    before = digests(files, declared.inputs) | {"protocol.json": active.protocol.digest}
    done = history.performed(step)
    if done is not None and done.inputs == before and _unchanged(files, done.outputs):
        house.progress(run, step, "kept")
        # A process that was killed between the halt of a step and the sealing of the run left open findings.
        return _undecided(active, read_findings(files, step))
    from medicore.steps.perform import perform  # imports pandas and SciPy, which most verbs never need

    house.progress(run, step, "begun")
    findings = perform(
        step, files, active.protocol, active.identity, lambda: rendering(house, active.identity)
    )
    undecided = _undecided(active, findings)
    details: dict[str, Any] = {
        "inputs": before,
        "outputs": digests(files, declared.outputs),
        FENCE: active.fence,
    }
    if step == "effect":
        details[LOOK] = read_section(files, step)[LOOK]
    if undecided:
        details["findings"] = [finding.as_json() for finding in undecided]
    log(house, SERVICE, f"{step}.{'halted' if undecided else 'completed'}", str(run), "", details)
    house.progress(run, step, "halted" if undecided else "done")
    return undecided


def rendering(house: House, identity: Mapping[str, Any]) -> Rendering:
    """Return what the report step of a run needs in addition to its files."""
    return Rendering(
        renderer=house.renderer(identity["renderer"]),
        template_folder=str(house.code.templates),
        libraries=house.environment.locked(),
    )


def _undecided(active: ActiveRun, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    accepted = {decision["finding"] for decision in active.identity["accepted"]}
    return tuple(finding for finding in findings if finding.waits(accepted))


def _unchanged(files: RecordFiles, recorded: Mapping[str, str]) -> bool:
    return all(files.exists(name) and sha256(files.read(name)) == digest for name, digest in recorded.items())
