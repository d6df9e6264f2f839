"""The fleet on a Prefect server of one's own: its work pool, and the automations that start lost flow runs again.

A host that is lost says nothing. So the server watches: a flow run of the pool whose process was silent for too long, or that
was taken by a worker and did not begin, is set to be begun again. Workers end what may not begin (``flows/serving/resumed.py``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from httpx import HTTPError
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.objects import StateType, WorkPool
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import Automation, AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound, PrefectException

from flows.serving.engine import ALIVE, ENDED
from flows.serving.resumed import LOST, RESUMING
from medicore.errors import ConfigurationError

_TAKEN, _BEGUN = "prefect.flow-run.Pending", "prefect.flow-run.Running"
_LEFT = frozenset(
    f"prefect.flow-run.{name}"
    for name in (
        "AwaitingRetry", "Cancelled", "Completed", "Crashed", "Failed", "Halted", "Late", "Paused", "Refused", "Resuming",
        "Scheduled", "Suspended", "TimedOut",
    )
)  # fmt: skip
"""The states in which no process has the flow run: ends, and waiting for a worker. Any other says nothing of a process."""
_SET_UP = "run 'medicore fleet setup'"


@dataclass(frozen=True, slots=True)
class Patience:
    """The seconds after which a flow run counts as lost: silent since its last heartbeat, or taken and not begun."""

    silence: float = 95.0
    pending: float = 180.0


@dataclass(frozen=True, slots=True)
class Pool:
    """A work pool: name, kind of its workers, job template, and how many flow runs all workers execute at a time."""

    name: str
    kind: str
    template: Mapping[str, Any]
    limit: int | None = None


def set_up(wanted: Pool, patience: Patience, cores: int) -> tuple[str, ...]:
    """Bring pool and automations of the server of PREFECT_API_URL to what is wanted; return a line for each change.

    Without a limit the pool keeps its own; a new one gets ``cores``. What is as wanted already is not written.

    Raises
    ------
    ConfigurationError
        When the pool's workers are of another kind, or the server refuses.
    """
    try:
        with get_client(sync_client=True) as client:
            pool, changed = _pool(client, wanted, cores)
            for automation in automations(pool, patience):
                changed += _automation(client, automation)
            return tuple(changed)
    except (HTTPError, PrefectException) as error:
        raise _refused(error) from error


def examine(name: str) -> str:
    """Return a sentence on the pool of this name on the server of PREFECT_API_URL.

    Raises
    ------
    ConfigurationError
        When there is a pool that has no limit, or lost flow runs of it would not be started again.
    """
    try:
        with get_client(sync_client=True) as client:
            try:
                pool = client.read_work_pool(name)
            except ObjectNotFound:
                return f"the server has no work pool {name!r}, so commands run their flows themselves"
            if pool.concurrency_limit is None:
                raise ConfigurationError(
                    f"work pool {name!r} has no limit, so runs slow each other down; expected the cores of its workers; "
                    f"{_SET_UP} with --limit"
                )
            return _watched(client, pool)
    except (HTTPError, PrefectException) as error:
        raise _refused(error) from error


def automations(pool: WorkPool, patience: Patience) -> tuple[AutomationCore, ...]:
    """Return the automations that watch the flow runs of a pool."""
    silent = "Its process has been silent for too long."
    kept = "A worker took it, and no process began."
    return (
        _watch(pool, "silent", ALIVE, {ALIVE, ENDED}, patience.silence, silent),
        _watch(pool, "not begun", _TAKEN, {ALIVE, _BEGUN}, patience.pending, kept),
    )


def _watch(
    pool: WorkPool, what: str, after: str, expected: Iterable[str], within: float, why: str
) -> AutomationCore:
    """Return what sets a flow run of the pool to begin again when none of the expected follows ``after`` in time."""
    return AutomationCore(
        name=f"medicore: {what} runs of {pool.name} begin again",
        description=f"{why} Made by 'medicore fleet setup'.",
        enabled=True,  # what is not named is not corrected
        trigger=EventTrigger(
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            match_related=ResourceSpecification(
                {
                    "prefect.resource.id": f"prefect.work-pool.{pool.id}",
                    "prefect.resource.role": "work-pool",
                }
            ),
            after={after},
            expect={*expected, *_LEFT},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=within),
        ),
        actions=[ChangeFlowRunState(state=StateType.SCHEDULED, name=RESUMING, message=LOST, force=True)],
    )


def _pool(client: SyncPrefectClient, wanted: Pool, cores: int) -> tuple[WorkPool, list[str]]:
    """Return the pool as it is after it was brought to what is wanted, and a line for each change."""
    try:
        found = client.read_work_pool(wanted.name)
    except ObjectNotFound:
        limit = wanted.limit or cores
        made = WorkPoolCreate(
            name=wanted.name,
            type=wanted.kind,
            base_job_template=dict(wanted.template),
            concurrency_limit=limit,
        )
        return client.create_work_pool(made), [f"made work pool {wanted.name!r} with the limit {limit}"]
    if found.type != wanted.kind:
        raise ConfigurationError(
            f"work pool {wanted.name!r} is of type {found.type!r}; expected {wanted.kind!r}: name its own with --type, or delete "
            "the pool in Prefect"
        )
    changed = []
    limit = wanted.limit or found.concurrency_limit or cores
    if found.base_job_template != wanted.template:
        client.update_work_pool(wanted.name, WorkPoolUpdate(base_job_template=dict(wanted.template)))
        changed.append(f"gave work pool {wanted.name!r} the job template of this version")
    if found.concurrency_limit != limit:
        client.update_work_pool(wanted.name, WorkPoolUpdate(concurrency_limit=limit))
        changed.append(f"gave work pool {wanted.name!r} the limit {limit}")
    return found, changed


def _automation(client: SyncPrefectClient, wanted: AutomationCore) -> list[str]:
    found = client.read_automations_by_name(wanted.name)
    if not found:
        client.create_automation(wanted)
        return [f"made automation {wanted.name!r}"]
    first, *more = found
    for one in more:
        client.delete_automation(one.id)
    if more or _content(first) != _content(wanted):
        client.update_automation(first.id, wanted)
        return [f"corrected automation {wanted.name!r}"]
    return []


def _watched(client: SyncPrefectClient, pool: WorkPool) -> str:
    """Return a sentence on a pool with a limit, after proving that both automations watch it."""
    told = []
    for wanted in automations(pool, Patience()):
        found = client.read_automations_by_name(wanted.name)
        if not found:
            raise ConfigurationError(
                f"the server has no automation {wanted.name!r}, so a lost host keeps its places in the pool; {_SET_UP}"
            )
        if _content(found[0], timed=False) != _content(wanted, timed=False):
            raise ConfigurationError(
                f"automation {wanted.name!r} is disabled or was changed, so a lost host keeps its places in the pool; {_SET_UP}"
            )
        told.append(f"{_within(found[0]):.0f} s")
    return (
        f"work pool {pool.name!r} takes {pool.concurrency_limit} run(s) at a time; lost ones begin again after {told[0]} of "
        f"silence, or {told[1]} without a beginning"
    )


def _content(automation: AutomationCore | Automation, *, timed: bool = True) -> Mapping[str, Any]:
    """Return what an automation does, to be compared; without its time when that is the operator's choice."""
    held = automation.model_dump(mode="json", include={"enabled", "trigger", "actions"})
    trigger = {
        name: sorted(value) if isinstance(value, list) else value
        for name, value in held["trigger"].items()
        if name not in ({"id"} if timed else {"id", "within"})
    }
    return {**held, "trigger": trigger}


def _within(automation: Automation) -> float:
    trigger = automation.trigger
    return trigger.within.total_seconds() if isinstance(trigger, EventTrigger) else 0.0


def _refused(error: Exception) -> ConfigurationError:
    answer = getattr(error, "response", None)
    said = type(error).__name__ if answer is None else f"status {answer.status_code}"
    return ConfigurationError(
        f"the Prefect server did not answer as expected ({said}); expected a running server that knows this "
        "password: see PREFECT_API_URL and PREFECT_API_AUTH_STRING"
    )
