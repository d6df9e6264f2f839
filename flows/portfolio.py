"""The flow that starts the month of many studies; one that halts or fails does not stop the others."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.analysis import analysis, name_flow_run, outcome_in
from flows.ending import note, noting, own_result
from flows.requests import AnalysisRequest, PortfolioRequest
from flows.schedule import signed_portfolio
from medicore.cases.run.analysis import Outcome
from medicore.errors import InfrastructureError, MediCoreError
from medicore.settings import read_settings
from medicore.wiring import open_house

_INTERRUPTED = "interrupted"
"""The state of a study whose run the infrastructure interrupted; the run, if it has begun, is open."""


@flow(name="portfolio", persist_result=False, log_prints=False)
def portfolio(request: PortfolioRequest) -> State[Any]:
    """Analyse each study in turn, and again at the end what the infrastructure interrupted; the data are the outcomes."""
    name_flow_run(f"portfolio · {request.month}")
    house = open_house(read_settings())
    studies = request.studies or house.protocols.studies()
    asked = signed_portfolio(house, request, studies).model_dump(exclude={"studies"})
    requests = {study: AnalysisRequest(study=study, **asked) for study in studies}
    first = {study: _one(request) for study, request in requests.items()}
    outcomes = note(
        [_one(requests[study]) if found.state == _INTERRUPTED else found for study, found in first.items()]
    )
    return Completed(message=f"{len(outcomes)} studies", data=outcomes)


def _one(request: AnalysisRequest) -> Outcome:
    """Return how one study ended; a refusal or a crash is an outcome too, so that the next study runs."""
    state = noting(lambda: analysis(request, return_state=True))
    found = outcome_in(state)
    if isinstance(found, Outcome):
        return found
    run = f"{request.study}/{request.month}"
    if isinstance(found, InfrastructureError):
        return Outcome(run, _INTERRUPTED, "", message=str(found), exit_code=found.exit_code)
    if isinstance(found, MediCoreError):
        return Outcome(run, "refused", "", message=str(found), exit_code=found.exit_code)
    crash = f"stopped with {type(found).__name__}; see the flow run in Prefect, then run the study again"
    return Outcome(run, "refused", "", message=crash, exit_code=MediCoreError.exit_code)


def outcomes_of(state: State[Any]) -> list[Outcome]:
    """Return the outcomes in the state of a portfolio; otherwise raise what the flow raised."""
    found = own_result(state)
    if isinstance(found, BaseException):
        raise found
    if not isinstance(found, list):
        raise TypeError(f"a portfolio ended with {type(found).__name__} instead of its outcomes")
    return found
