"""Flow runs whose process or worker ended abruptly, for example in a power cut: they are started again and continue.

Prefect does not notice them: they would stay running without end and keep their places in work pool and deployment,
so that no later run of the study could begin. The run itself loses nothing: its steps are in the state folder, its
events in the ledger.
"""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from httpx import HTTPError
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.settings import PREFECT_API_REQUEST_TIMEOUT, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Cancelled, Crashed, Scheduled

from flows.serving.resumed import BEGINS, LOST, RESUMING, beginnings

_AT_WORK = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
_NAMED = b"PREFECT__FLOW_RUN_ID="


class Interrupted:
    """Watches the flow runs of a work pool whose workers are all on this machine."""

    def __init__(self, pool: str) -> None:
        self._pool = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool]))
        self._suspects: set[UUID] = set()
        self._orphans: set[UUID] = set()
        self._ended: datetime | None = None

    def worker_ended(self, since: datetime) -> None:
        """Take note that a worker ended, not earlier than ``since`` by its own clock.

        The runs that it had begun continue, and crash at their next output, because the worker was to read it.
        """
        self._ended = since

    def resume(self) -> list[str]:
        """Start the flow runs again that lost their process or their worker, and return a message about each.

        A flow run counts as lost when it has no process now and had none at the last look: one look may fall between
        the end of a process and its worker's report. A flow run that was started three times is not started again:
        its end cannot be chance, and it is reported as crashed.
        """
        impatient = {PREFECT_CLIENT_MAX_RETRIES: 0, PREFECT_API_REQUEST_TIMEOUT: 10.0}
        try:
            with temporary_settings(impatient), get_client(sync_client=True) as client:
                return self._resume(client)
        except HTTPError:  # the server is unreachable or busy: the next look finds the same
            return []

    def _resume(self, client: SyncPrefectClient) -> list[str]:
        at_work = self._read(client, _AT_WORK)
        if self._ended is not None:
            crashed = self._read(client, [StateType.CRASHED], self._ended)
            self._orphans |= {run.id for run in at_work + crashed}
            self._ended = None
        crashed = self._read(client, [StateType.CRASHED], ids=self._orphans) if self._orphans else []
        alive = _alive()
        dead = [run for run in at_work if run.id not in alive]
        lost = [run for run in dead if run.id in self._suspects] + [
            run for run in crashed if run.id not in alive and _beginnings(client, run) < BEGINS
        ]
        told = [_end(client, run) for run in lost]
        self._suspects = {run.id for run in dead} - {run.id for run in lost}
        self._orphans &= alive
        return told

    def _read(
        self,
        client: SyncPrefectClient,
        states: list[StateType],
        since: datetime | None = None,
        ids: set[UUID] | None = None,
    ) -> list[FlowRun]:
        wanted = FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=states)),
            end_time=None if since is None else FlowRunFilterEndTime.model_validate({"after_": since}),
            id=None if ids is None else FlowRunFilterId(any_=list(ids)),
        )
        return client.read_flow_runs(flow_run_filter=wanted, work_pool_filter=self._pool)


def _end(client: SyncPrefectClient, run: FlowRun) -> str:
    """Set a flow run that has no process to the state from which it continues, if it may, and return a message."""
    if run.state_type == StateType.CANCELLING:
        client.set_flow_run_state(run.id, Cancelled(message=LOST), force=True)
        return f"flow run '{run.name}' is cancelled: {LOST}"
    count = _beginnings(client, run)
    if count >= BEGINS:
        client.set_flow_run_state(run.id, Crashed(message=f"{LOST}, {count} times"), force=True)
        return f"flow run '{run.name}' crashed: {LOST}, {count} times; see its logs in Prefect"
    client.set_flow_run_state(run.id, Scheduled(name=RESUMING, message=LOST), force=True)
    return f"flow run '{run.name}' is started again: {LOST}"


def _beginnings(client: SyncPrefectClient, run: FlowRun) -> int:
    return beginnings(run, client.read_flow_run_states(run.id))


def _alive() -> set[UUID]:
    """Return the flow runs that have a process on this machine."""
    found = set()
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            names = place.read_bytes().split(b"\0")
        except OSError:  # another user's, or ended meanwhile
            continue
        found |= {UUID(name.removeprefix(_NAMED).decode()) for name in names if name.startswith(_NAMED)}
    return found
