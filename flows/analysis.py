"""The flow that takes a study's month from its EDC to a sealed candidate, or to a finding."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.ending import note, own_result
from flows.halted import executed_before, halted, name_of
from flows.requests import AnalysisRequest
from flows.schedule import signed_month
from flows.serving.known import claimed, refused_name
from flows.shown.artifacts import begin_progress, best_effort, update_progress
from flows.shown.ended import publish
from flows.shown.progress import show_progress
from flows.tasks import move
from flows.waiting import waiting
from medicore.cases.answers.shown import shown_outcome
from medicore.cases.run.analysis import Outcome, analyse, ended
from medicore.cases.run.requesting import Request, begun_by
from medicore.cases.run.runs import ActiveRun, begin
from medicore.errors import BusyError, InfrastructureError, MediCoreError
from medicore.ports.house import House
from medicore.records.finding import Finding
from medicore.records.identifiers import RunId
from medicore.settings import read_settings
from medicore.steps.way import STEP_NAMES
from medicore.wiring import open_house

_NAME = re.compile(r"(?P<study>\S+) · (?P<month>\d{4}-\d{2}) · run (?P<number>[1-9]\d{0,5})", re.ASCII)


@flow(name="analysis", persist_result=False, log_prints=False)
def analysis(request: AnalysisRequest) -> State[Any]:
    """Begin or resume the requested run, and perform its steps."""
    return waiting(lambda: performed(request))


def performed(request: AnalysisRequest) -> State[Any]:
    """Begin or resume the requested run, perform its steps, and return the state in which the flow run ends."""
    settings = read_settings()
    house = open_house(settings, show_progress)
    before = retried(house, request)
    if before is not None:
        return as_state(note(before))
    with refusals_named(request):
        asked = signed_month(house, request)
    with ExitStack() as held:
        with refusals_named(asked):
            work = f"medicore run {asked.study} {asked.month}"
            held.enter_context(house.locks.hold(asked.study, asked.month, work))
            active = begin(house, Request(**asked.model_dump()))
        name_run(active.id)
        outcome = run_to_end(house, active)
    publish(settings, house, active, outcome)
    return as_state(shown_outcome(house, outcome))


def retried(house: House, request: AnalysisRequest) -> Outcome | None:
    """Return how the run ended that an earlier execution of this flow run began; None when there is still something to do.

    Prefect's buttons "Retry" and "Resume" execute a flow run again, but the run has used up its signature. The ledger says which
    run used it. For a schedule, which signs again, the name that ``name_run`` gave the flow run says it.
    """
    name, again = "", False
    with best_effort(), get_client(sync_client=True) as client:
        known = client.read_flow_run(UUID(str(flow_run.get_id())))
        name, again = known.name, executed_before(known)
    if not again:
        return None
    signed = Request(**request.model_dump())
    run = begun_by(house, signed) if request.signature else _named(name, request.study)
    return None if run is None else ended(house, run)


def _named(name: str, study: str) -> RunId | None:
    """Return the run of the study that the name of a flow run contains; None when it contains none."""
    found = _NAME.fullmatch(name)
    return RunId(study, found["month"], int(found["number"])) if found and found["study"] == study else None


@contextmanager
def refusals_named(request: AnalysisRequest) -> Iterator[None]:
    """Name the flow run after study and month if the request is refused, since there is no run number then."""
    try:
        yield
    except (InfrastructureError, BusyError):
        raise  # nobody refused it
    except MediCoreError:
        asked = claimed({"request": request.model_dump()})
        name_flow_run(refused_name(asked), *(asked[name] for name in ("study", "month") if name in asked))
        raise


def run_to_end(house: House, active: ActiveRun) -> Outcome:
    """Perform the steps of an active run as tasks; return the outcome."""
    progress: UUID | None = None
    with best_effort():
        progress = begin_progress(str(active.id))

    def step(run: ActiveRun, name: str) -> tuple[Finding, ...]:
        findings = move(house, run, name)
        update_progress(progress, STEP_NAMES.index(name) + 1, len(STEP_NAMES))
        return findings

    return note(analyse(house, active, step))


class RunFailedError(MediCoreError):
    """A run ended as failed: what Prefect is told, for which a failed state holds an error."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.message)
        self.outcome = outcome


def as_state(outcome: Outcome) -> State[Any]:
    """Return the Prefect state of an outcome."""
    if outcome.state == "failed":
        return Failed(message=outcome.message, data=RunFailedError(outcome))
    if outcome.state == "halted":
        return halted(outcome)
    return Completed(message=f"{outcome.run} is {outcome.state}", data=outcome)


def name_run(run: RunId, before: str = "") -> None:
    """Give the current flow run a name that people recognise, and add study and month to its tags.

    The tasks do not get these tags: for each task with a tag Prefect asks its server whether the tag has a limit.
    """
    name_flow_run(f"{before}{name_of(run)}", run.study, run.month)


def name_flow_run(name: str, *tags: str) -> None:
    """Name the current flow run, and add these tags to its own."""
    found = sorted({*flow_run.get_tags(), *tags})
    with best_effort(), get_client(sync_client=True) as client:
        client.update_flow_run(UUID(str(flow_run.get_id())), name=name, tags=found)


def outcome_of(state: State[Any]) -> Outcome:
    """Return the outcome in a state that ``as_state`` made; otherwise raise what the flow raised."""
    found = outcome_in(state)
    if isinstance(found, BaseException):
        raise found
    if not isinstance(found, Outcome):
        raise TypeError(f"a flow ended with {type(found).__name__} instead of an outcome")
    return found


def outcome_in(state: State[Any]) -> object:
    """Return what ``own_result`` does, and the outcome of a run that failed."""
    found = own_result(state)
    return found.outcome if isinstance(found, RunFailedError) else found
