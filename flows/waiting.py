"""Waiting: a deployment's flow run that the infrastructure interrupted is executed again by Prefect, after a pause."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.runtime import flow_run
from prefect.states import AwaitingRetry
from prefect.types._datetime import now

from flows.shown.afterwards import warn
from flows.shown.artifacts import best_effort
from medicore.errors import BusyError, InfrastructureError

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)
_BEGINS = 20
"""How often a flow run is executed in all: with these pauses it waits for most of a night."""


def waiting(work: Callable[[], State[Any]]) -> State[Any]:
    """Return the state in which a flow's work ends, or AwaitingRetry where the infrastructure interrupted it.

    Prefect executes the flow run again at the time in that state, on any worker, and the run continues under its number.
    Only a flow run of a deployment waits, because nobody would execute another one. Until the lease of an interrupted run
    has ended, a worker elsewhere finds it busy, so that a flow run that was executed before waits for that too.

    Raises
    ------
    InfrastructureError
        When the flow run belongs to no deployment, or was executed too often. The run is open.
    """
    try:
        return work()
    except (InfrastructureError, BusyError) as error:
        known = _known()
        if known is None or not _may_wait(known, error):
            raise
        pause = min(_FIRST_PAUSE * 2 ** min(known.run_count - 1, 8), _LONGEST_PAUSE)
        said = (
            f"{error}; nothing has failed, and the flow run continues in {pause.total_seconds() / 60:.0f} min"
        )
        warn(said)
        return AwaitingRetry(scheduled_time=now("UTC") + pause, message=said)


def _known() -> FlowRun | None:
    """Return what Prefect's server knows of this flow run; None when it does not answer."""
    known = None
    with best_effort(), get_client(sync_client=True) as client:
        known = client.read_flow_run(UUID(str(flow_run.get_id())))
    return known


def _may_wait(known: FlowRun, error: InfrastructureError | BusyError) -> bool:
    """Return whether this flow run is executed again after the error."""
    if known.deployment_id is None or known.run_count >= _BEGINS:
        return False
    return isinstance(error, InfrastructureError) or known.run_count > 1
