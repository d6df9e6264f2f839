"""Requests of a schedule: the service signs them after Prefect has confirmed that a schedule began this flow run."""

from datetime import datetime
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.runtime import flow_run

from flows.requests import AnalysisRequest, PortfolioRequest
from medicore.cases.people.logged import SERVICE
from medicore.cases.run.requesting import Request, sign_for_service
from medicore.ports.house import House
from medicore.records.protocol.calendar import local_date, month_after


def signed_month(house: House, request: AnalysisRequest) -> AnalysisRequest:
    """Return the request unchanged; a request of a schedule in the name of the service gets its month and a signature.

    The default month is the one before the day of the schedule, in the study's time zone. Nobody who starts a flow
    run through the API can pretend that a schedule did: the server itself says so.
    """
    planned = _planned(request)
    if planned is None:
        return request
    zone = house.protocols.load(request.study).calendar.timezone
    month = request.month or month_after(f"{local_date(planned, zone):%Y-%m}", -1)
    named = request.model_copy(update={"month": month})
    signature = _signature(house, named, (named.study,))
    return named.model_copy(update={"signature": signature})


def signed_portfolio(house: House, request: PortfolioRequest, studies: tuple[str, ...]) -> PortfolioRequest:
    """Return the request for these studies unchanged.

    A request of a schedule in the name of the service gets a signature.
    """
    if _planned(request) is None:
        return request
    return request.model_copy(update={"signature": _signature(house, request, studies)})


def _planned(request: AnalysisRequest | PortfolioRequest) -> datetime | None:
    """Return the time at which a schedule planned this flow run; None when none did, or when a person requests it."""
    if request.signature or request.requester != SERVICE:
        return None
    with get_client(sync_client=True) as client:
        known = client.read_flow_run(UUID(str(flow_run.get_id())))
    return known.expected_start_time if known.auto_scheduled else None


def _signature(house: House, request: AnalysisRequest | PortfolioRequest, studies: tuple[str, ...]) -> str:
    unsigned = Request(studies[0], request.month, SERVICE, request.reason)
    return sign_for_service(house, unsigned, studies)
