"""A halted run in Prefect: amber while it waits for people, and ended when their decision is carried out."""

from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterName,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateDetails, StateType
from prefect.context import FlowRunContext
from prefect.states import Completed

from flows.shown.artifacts import best_effort
from medicore.cases.run.analysis import Outcome
from medicore.records.identifiers import RunId

HALTED = "Halted"
"""The name of the state of a flow run whose run waits for a decision."""
REVIEW = "review · "
"""How the name of a flow run begins that carries out a decision."""


def halted(outcome: Outcome) -> State[Any]:
    """Return the state of a flow run whose run waits for a decision: paused, for Prefect, which shows that in amber.

    Prefect's button "Resume" has a worker execute the flow run again, and that finds the run as it was. No worker executes
    the flow run of a command, or that of one study in a portfolio's, so that it is complete.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.deployment_id is None:
        return Completed(name=HALTED, message=outcome.message, data=outcome)
    details = StateDetails(pause_reschedule=True)
    return State(
        type=StateType.PAUSED, name=HALTED, message=outcome.message, data=outcome, state_details=details
    )


def executed_before(known: FlowRun) -> bool:
    """Return whether a flow run was executed before; Prefect does not count the execution after "Resume"."""
    return known.run_count > 1 or bool(known.empirical_policy.pause_keys)


def settle(run: RunId) -> None:
    """End the flow runs that wait for a decision on a run: it was carried out, and they are amber no more."""
    name = name_of(run)
    waiting = FlowRunFilter(
        name=FlowRunFilterName(any_=[name, f"{REVIEW}{name}"]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED])),
    )
    with best_effort(), get_client(sync_client=True) as client:
        for known in client.read_flow_runs(flow_run_filter=waiting):
            decided: State[Any] = Completed(name="Decided", message=f"a decision on {run} was carried out")
            client.set_flow_run_state(known.id, decided)


def name_of(run: RunId) -> str:
    """Return the name of the flow run that began a run."""
    return f"{run.study} · {run.month} · run {run.number}"
