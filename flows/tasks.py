"""One Prefect task per step; a task holds no logic, and only transfers retry."""

from prefect import Task, task
from prefect.cache_policies import NO_CACHE

from medicore.records.finding import Finding
from medicore.steps.house import House
from medicore.steps.runs import ActiveRun, advance
from medicore.steps.way import STEP_NAMES


def _step_task(name: str) -> Task[[House, ActiveRun], tuple[Finding, ...]]:
    def perform(house: House, active: ActiveRun) -> tuple[Finding, ...]:
        return advance(house, active, name)

    perform.__doc__ = f"Perform the step {name} of a run."
    made = task(name=name, tags=["step"], cache_policy=NO_CACHE, persist_result=False, log_prints=False)
    return made(perform)


STEP_TASKS = {name: _step_task(name) for name in STEP_NAMES}


def move(house: House, active: ActiveRun, name: str) -> tuple[Finding, ...]:
    """Perform a step as its Prefect task."""
    return STEP_TASKS[name](house, active)
