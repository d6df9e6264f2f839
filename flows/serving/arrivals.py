"""The requests of flow runs that wait: each is recorded in the ledger when it arrives, so that no queue outlives it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from anyio.to_thread import run_sync
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort

from medicore.cases.run.arriving import record_arrival
from medicore.settings import Settings
from medicore.wiring import open_house

_MOST = 200


class Arrivals:
    """Knows which waiting flow runs of a pool were looked at already."""

    def __init__(self, pool: str, settings: Settings) -> None:
        self._pool, self._settings = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])), settings
        self._seen: set[UUID] = set()

    async def record(self, client: PrefectClient) -> int:
        """Record the signed requests of the flow runs that wait and were not looked at; return how many were recorded."""
        waiting = FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
        )
        found = await client.read_flow_runs(
            flow_run_filter=waiting,
            work_pool_filter=self._pool,
            sort=FlowRunSort.EXPECTED_START_TIME_ASC,
            limit=_MOST,
        )
        asked = [_request(run.parameters) for run in found if run.id not in self._seen]
        signed = [request for request in asked if request.get("signature")]
        recorded = await run_sync(self._recorded, signed) if signed else 0
        self._seen = {run.id for run in found}
        return recorded

    def _recorded(self, requests: list[Mapping[str, Any]]) -> int:
        house = open_house(self._settings)
        return sum(record_arrival(house, request) for request in requests)


def _request(parameters: Mapping[str, Any] | None) -> Mapping[str, Any]:
    found = (parameters or {}).get("request")
    return found if isinstance(found, Mapping) else {}
