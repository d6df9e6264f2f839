"""What a schedule asks for: the service signs it, once Prefect has said that a schedule began this flow run."""

from typing import TypeVar
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.runtime import flow_run

from flows.requests import AnalysisRequest, PortfolioRequest
from medicore.steps.house import House
from medicore.steps.logged import SERVICE
from medicore.steps.requesting import Request, sign_for_service

Asked = TypeVar("Asked", AnalysisRequest, PortfolioRequest)


def signed(house: House, request: Asked, studies: tuple[str, ...]) -> Asked:
    """Return the request, signed by the service where a schedule asks as the service; anything else as it came.

    Whoever triggers a flow run through the API cannot say that a schedule did: the server does.
    """
    if request.signature or request.requester != SERVICE or not _scheduled():
        return request
    unsigned = Request(studies[0], request.month, SERVICE, request.reason)
    return request.model_copy(update={"signature": sign_for_service(house, unsigned, studies)})


def _scheduled() -> bool:
    with get_client(sync_client=True) as client:
        return bool(client.read_flow_run(UUID(str(flow_run.get_id()))).auto_scheduled)
