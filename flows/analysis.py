"""The flow that takes a study's month from its EDC to a sealed candidate, or to a finding."""

import functools

from prefect import flow, tags
from pydantic import BaseModel, ConfigDict

from flows.artifacts import show_findings, show_results
from flows.tasks import move
from medicore.settings import Settings
from medicore.steps.analysis import Outcome, analyse
from medicore.steps.house import House
from medicore.steps.runs import ActiveRun, Request, begin, sealed_commit
from medicore.steps.seal import read_results
from medicore.wiring import report_path


class AnalysisRequest(BaseModel):
    """What a run is asked for with; anything else is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    study: str
    month: str
    requester: str
    reason: str
    exploratory: bool = False


def perform_analysis(house: House, settings: Settings, request: AnalysisRequest) -> Outcome:
    """Begin or resume the requested run, and take it through its flow."""
    with house.locks.hold(request.study, request.month, f"medicore run {request.study} {request.month}"):
        active = begin(house, Request(**request.model_dump()))
        return run_flow(house, settings, active)


def run_flow(house: House, settings: Settings, active: ActiveRun) -> Outcome:
    """Take an active run through its flow, under a name that people recognise."""
    run = active.id
    named = analysis.with_options(flow_run_name=f"{run.study} · {run.month} · run {run.number}")
    with tags(run.study, run.month):
        outcome: Outcome = named(_Carried(house, settings, active))
    return outcome


class _Carried:
    """The house and the run, carried into the flow by reference: nothing of them is stored in Prefect."""

    def __init__(self, house: House, settings: Settings, active: ActiveRun) -> None:
        self.house = house
        self.settings = settings
        self.active = active

    def __repr__(self) -> str:
        return str(self.active.id)


@flow(name="analysis", persist_result=False, validate_parameters=False, log_prints=False)
def analysis(carried: _Carried) -> Outcome:
    """Take one run through its steps; show what came out."""
    house, active = carried.house, carried.active
    outcome = analyse(house, active, functools.partial(move, house))
    if outcome.findings:
        show_findings(outcome.run, outcome.findings)
    if outcome.state == "candidate" and not active.exploratory:
        results = read_results(house, active.id, sealed_commit(house, active.id))
        show_results(outcome.run, results, report_path(carried.settings, active.id).as_uri())
    return outcome
