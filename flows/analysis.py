"""The flow that takes a study's month from its EDC to a sealed candidate, or to a finding."""

from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.ending import note, own_result
from flows.requests import AnalysisRequest
from flows.schedule import signed_month
from flows.shown.artifacts import begin_progress, best_effort, update_progress
from flows.shown.ended import publish
from flows.shown.progress import show_progress
from flows.tasks import move
from medicore.cases.run.analysis import Outcome, analyse
from medicore.cases.run.requesting import Request
from medicore.cases.run.runs import ActiveRun, begin
from medicore.ports.house import House
from medicore.records.finding import Finding
from medicore.records.identifiers import RunId
from medicore.settings import read_settings
from medicore.steps.way import STEP_NAMES
from medicore.wiring import open_house


@flow(name="analysis", persist_result=False, log_prints=False)
def analysis(request: AnalysisRequest) -> State[Any]:
    """Begin or resume the requested run, and take it through its steps."""
    settings = read_settings()
    house = open_house(settings, show_progress)
    asked = signed_month(house, request)
    with house.locks.hold(asked.study, asked.month, f"medicore run {asked.study} {asked.month}"):
        active = begin(house, Request(**asked.model_dump()))
        name_run(active.id)
        outcome = carry(house, active)
    publish(settings, house, active, outcome)
    return as_state(outcome)


def carry(house: House, active: ActiveRun) -> Outcome:
    """Take an active run through its steps as tasks; return what came out."""
    progress: UUID | None = None
    with best_effort():
        progress = begin_progress(str(active.id))

    def step(run: ActiveRun, name: str) -> tuple[Finding, ...]:
        findings = move(house, run, name)
        update_progress(progress, STEP_NAMES.index(name) + 1, len(STEP_NAMES))
        return findings

    return note(analyse(house, active, step))


def as_state(outcome: Outcome) -> State[Any]:
    """Return the Prefect state of an outcome: a run that waits for a human is complete, and says so."""
    if outcome.state == "failed":
        return Failed(message=outcome.message, data=outcome)
    if outcome.state == "halted":
        return Completed(name="Halted", message=outcome.message, data=outcome)
    return Completed(message=f"{outcome.run} is {outcome.state}", data=outcome)


def name_run(run: RunId, before: str = "") -> None:
    """Give the current flow run a name that people recognise, and study and month as tags beside its own.

    They are not those of its tasks: for a task with a tag Prefect asks its server whether the tag is full.
    """
    call_run(f"{before}{run.study} · {run.month} · run {run.number}", run.study, run.month)


def call_run(name: str, *tags: str) -> None:
    """Name the current flow run, and give it these tags beside its own."""
    found = sorted({*flow_run.get_tags(), *tags})
    with best_effort(), get_client(sync_client=True) as client:
        client.update_flow_run(UUID(str(flow_run.get_id())), name=name, tags=found)


def outcome_of(state: State[Any]) -> Outcome:
    """Return the outcome in a state that ``as_state`` made; raise what the flow raised otherwise."""
    found = own_result(state)
    if isinstance(found, BaseException):
        raise found
    if not isinstance(found, Outcome):
        raise TypeError(f"a flow ended with {type(found).__name__} instead of an outcome")
    return found
