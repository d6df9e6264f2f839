"""The flow that reports every day which months became late."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.shown.notices import late
from flows.shown.progress import show_progress
from medicore.settings import read_settings
from medicore.wiring import open_house


@flow(name="lateness", persist_result=False, log_prints=False)
def lateness() -> State[Any]:
    """Report every month that became late, once; without an address for messages, only in the state of the flow run."""
    settings = read_settings()
    told = late(settings, open_house(settings, show_progress))
    return Completed(message=f"{len(told)} month(s) became late")
