"""One Prefect task per step; a task holds no logic, and only transfers retry."""

from prefect.cache_policies import NO_CACHE
from prefect.tasks import MaterializingTask

from flows.shown.assets import facts_of, of_step, sources_of
from medicore.cases.run.advance import advance
from medicore.cases.run.runs import ActiveRun
from medicore.ports.house import House
from medicore.records.finding import Finding


def move(house: House, active: ActiveRun, name: str) -> tuple[Finding, ...]:
    """Perform a step as its Prefect task, which materialises the step's asset."""
    made = of_step(active.id, name)

    def perform() -> tuple[Finding, ...]:
        findings = advance(house, active, name)
        made.add_metadata(facts_of(active, name))
        return findings

    perform.__doc__ = f"Perform the step {name} of a run."
    return MaterializingTask(
        perform,
        assets=[made],
        asset_deps=list(sources_of(active.id, name)),
        name=name,
        cache_policy=NO_CACHE,
        persist_result=False,
        log_prints=False,
    )()
