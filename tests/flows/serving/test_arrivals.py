"""The requests of waiting flow runs are recorded when they arrive, and one signature asks for a month of studies."""

from typing import Any
from uuid import uuid4

import anyio
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate

from flows.serving.arrivals import Arrivals
from medicore.settings import read_settings
from tests.conftest import Project

STUDIES, MONTH = ("REF-NHEFS", "MED-2024-0181"), "2025-03"


@flow(name="analysis")
def analysis() -> None:
    """Stand for the flow of an analysis; it is never run."""


def looked(arrivals: Arrivals) -> int:
    """Return how many requests a look records."""

    async def look() -> int:
        async with get_client() as client:
            return await arrivals.record(client)

    return anyio.run(look)


def test_a_month_of_studies_arrives_by_one_signature(project: Project, client: SyncPrefectClient) -> None:
    """Each study has its own body with the same signature; of the flow runs that wait the first records it, for all."""
    printed = project.medicore("portfolio", MONTH, *STUDIES, "--as", "analyst", "--print").json()
    asked = [body["parameters"]["request"] for body in printed]
    assert [request["study"] for request in asked] == [*STUDIES]
    assert len({request["signature"] for request in asked}) == 1
    pool = client.create_work_pool(WorkPoolCreate(name=f"pool-{uuid4()}", type="process")).name
    deployment = client.create_deployment(
        flow_id=client.create_flow(analysis), name=f"d-{uuid4()}", work_pool_name=pool, entrypoint="x.py:x"
    )
    hostile: list[Any] = [None, "request", {**asked[0], "reason": "Another"}, {"signature": "x"}]
    for request in (*asked, *hostile):
        client.create_flow_run_from_deployment(deployment, parameters={"request": request})
    arrivals = Arrivals(pool, read_settings(project.surroundings()))
    assert [looked(arrivals), looked(arrivals)] == [1, 0]
    (event,) = project.medicore("ledger", "show", "--action", "request.admitted", "--json").json()
    assert (event["actor"], event["details"]["studies"]) == ("analyst", sorted(STUDIES))
    assert looked(Arrivals(pool, read_settings(project.surroundings()))) == 0, "it is recorded already"
    assert project.medicore("ledger", "verify", "--json").json()["intact"]
