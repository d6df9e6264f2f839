"""Flow runs that the fleet's automations start again: what becomes of one that may not begin, or not yet."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Cancelled, Crashed, Scheduled

from medicore.errors import BusyError, MediCoreError
from medicore.ports.ledger import Locks
from medicore.records.identifiers import RunId

BEGINS = 3
"""How often a flow run is begun at most: an end that comes so often cannot be chance."""
RESUMING = "Resuming"
"""The name of the state of a flow run that lost its process or its worker and waits to be begun again."""
LOST = "its process or its worker had ended abruptly"
_WAIT = timedelta(seconds=60)
_WAITED = "AwaitingRetry"


def is_resumed(flow_run: FlowRun) -> bool:
    """Return whether a flow run waits to be begun again, by the state in which its worker was given it."""
    return flow_run.state is not None and flow_run.state.name == RESUMING


async def end_of(client: PrefectClient, flow_run: FlowRun) -> State[Any] | None:
    """Return the state in which a flow run that was started again ends at once; None when it is to be begun.

    It was to be cancelled when it lost its process, or it lost it too often.
    """
    states = await client.read_flow_run_states(flow_run.id)
    if any(state.type is StateType.CANCELLING for state in states):
        return Cancelled(message=LOST)
    count = beginnings(flow_run, states)
    if count >= BEGINS:
        return Crashed(message=f"{LOST}, {count} times; see its logs, and ask for the run again")
    return None


def beginnings(flow_run: FlowRun, states: Iterable[State[Any]]) -> int:
    """Return how often a flow run was begun, without the times after which it waited for its infrastructure by itself."""
    return flow_run.run_count - sum(state.name == _WAITED for state in states)


def wait_of(locks: Locks, asked: Mapping[str, Any], now: datetime) -> State[Any] | None:
    """Return the state in which a flow run waits whose study's month is at work; None when nobody works on it.

    Its process lives then, and was only silent: the network or the server was away. ``asked`` are the request's claims.
    """
    try:
        run = RunId.parse(asked["run"]) if "run" in asked else None
        study, month = (run.study, run.month) if run else (asked["study"], asked["month"])
        with locks.hold(study, month, "looking whether a flow run still works"):
            return None
    except BusyError as error:
        return Scheduled(name=RESUMING, message=str(error), scheduled_time=now + _WAIT)
    except (KeyError, MediCoreError, OSError):  # nothing says that it is at work; the flow says what is wrong
        return None
