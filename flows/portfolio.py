"""The flow that starts the month of many studies; one that halts does not stop the others."""

from prefect import flow

from flows.analysis import AnalysisRequest, perform_analysis
from medicore.errors import MediCoreError
from medicore.settings import Settings
from medicore.steps.analysis import Outcome
from medicore.steps.house import House


def perform_portfolio(
    house: House,
    settings: Settings,
    studies: list[str],
    month: str,
    requester: str,
    reason: str,
    *,
    exploratory: bool,
) -> list[Outcome]:
    """Analyse the month of each study; a single study runs as a flow of its own."""
    requests = [
        AnalysisRequest(study=study, month=month, requester=requester, reason=reason, exploratory=exploratory)
        for study in studies
    ]
    if len(requests) == 1:
        return [perform_analysis(house, settings, requests[0])]

    @flow(name="portfolio", flow_run_name=f"portfolio · {month}", persist_result=False, log_prints=False)
    def portfolio() -> list[Outcome]:
        """Analyse each study in turn."""
        return [_one(house, settings, request) for request in requests]

    outcomes: list[Outcome] = portfolio()
    return outcomes


def _one(house: House, settings: Settings, request: AnalysisRequest) -> Outcome:
    """Return how one study ended; a refusal is an outcome too, so that the next study runs."""
    try:
        return perform_analysis(house, settings, request)
    except MediCoreError as error:
        return Outcome(
            f"{request.study}/{request.month}", "refused", "", message=str(error), exit_code=error.exit_code
        )
