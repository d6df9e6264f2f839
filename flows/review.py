"""The flow that follows a signed decision: continue a halted run, release and archive, or close."""

from prefect import flow, tags

from flows.analysis import run_flow
from medicore.records.identifiers import RunId
from medicore.settings import Settings
from medicore.steps.analysis import Outcome
from medicore.steps.house import House
from medicore.steps.release import follow


def perform_review(house: House, settings: Settings, run: RunId) -> Outcome | None:
    """Let a run follow the decisions on it; return how a continued analysis ended, or None."""

    @flow(name="review", flow_run_name=f"review · {run}", persist_result=False, log_prints=False)
    def review() -> Outcome | None:
        """Follow the decision, which the ledger proves and nobody else."""
        continued = follow(house, run)
        return None if continued is None else run_flow(house, settings, continued)

    with tags(run.study, run.month):
        outcome: Outcome | None = review()
    return outcome
