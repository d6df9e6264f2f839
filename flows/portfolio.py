"""The flow that starts the month of many studies; one that halts or fails does not stop the others."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.analysis import analysis, name_run, outcome_of
from flows.requests import AnalysisRequest, PortfolioRequest
from medicore.errors import MediCoreError
from medicore.settings import read_settings
from medicore.steps.analysis import Outcome
from medicore.wiring import open_house


@flow(name="portfolio", persist_result=False, log_prints=False)
def portfolio(request: PortfolioRequest) -> State[Any]:
    """Analyse each study in turn; its state names how many are done, halted and not done."""
    name_run(f"portfolio · {request.month}")
    studies = request.studies or open_house(read_settings()).protocols.studies()
    outcomes = [
        _one(
            AnalysisRequest(
                study=study, month=request.month, requester=request.requester, reason=request.reason
            )
        )
        for study in studies
    ]
    return Completed(message=f"{len(outcomes)} studies", data=outcomes)


def _one(request: AnalysisRequest) -> Outcome:
    """Return how one study ended; a refusal is an outcome too, so that the next study runs."""
    try:
        return outcome_of(analysis(request, return_state=True))
    except MediCoreError as error:
        run = f"{request.study}/{request.month}"
        return Outcome(run, "refused", "", message=str(error), exit_code=error.exit_code)


def outcomes_of(state: State[Any]) -> list[Outcome]:
    """Return the outcomes in the state of a portfolio; raise what the flow raised otherwise."""
    found = state.result(raise_on_failure=False)
    if isinstance(found, BaseException):
        raise found
    return list(found)
