"""The flow that reads a part of the archive again every week."""

from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import Field

from flows.shown.progress import show_progress
from medicore.cases.proof.surveillance import survey
from medicore.settings import read_settings
from medicore.wiring import open_house


@flow(name="surveillance", persist_result=False, log_prints=False)
def surveillance(every: Annotated[int, Field(ge=1, le=365)] = 7) -> State[Any]:
    """Read the part that is due if this flow runs every ``every`` days; the flow fails when something is damaged."""
    house = open_house(read_settings(), show_progress)
    found = survey(house, every, lambda run, checks: house.progress(run, "archive", f"{len(checks)} checks"))
    if found.failed:
        return Failed(message=f"damaged: {', '.join(found.failed)}; see 'medicore archive verify'")
    return Completed(message=f"{len(found.read)} of {found.archived} archived runs read and found intact")
