"""The flow that carries out a signed decision: it continues a halted run, releases and archives it, or closes it."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.analysis import as_state, name_run, run_to_end
from flows.ending import note
from flows.halted import REVIEW, settle
from flows.requests import ReviewRequest
from flows.shown.ended import publish, publish_decided
from flows.shown.progress import show_progress
from flows.waiting import waiting
from medicore.cases.answers.shown import shown_outcome
from medicore.cases.keeping.release import follow
from medicore.cases.run.analysis import Outcome
from medicore.records.identifiers import RunId
from medicore.settings import read_settings
from medicore.wiring import open_house


@flow(name="review", persist_result=False, log_prints=False)
def review(request: ReviewRequest) -> State[Any]:
    """Carry out the decisions on a run; only the ledger proves them."""
    return waiting(lambda: followed(request))


def followed(request: ReviewRequest) -> State[Any]:
    """Carry out the decisions on a run, and return the state in which the flow run ends."""
    settings = read_settings()
    house = open_house(settings, show_progress)
    run = RunId.parse(request.run)
    name_run(run, REVIEW)
    with house.locks.hold(run.study, run.month, f"review of {run}"):
        continued = follow(house, run)
        settle(run)
        outcome = (
            note(Outcome(str(run), "reviewed", "")) if continued is None else run_to_end(house, continued)
        )
    if continued is None:
        publish_decided(settings, house, run)
        return Completed(message=f"the decision on {run} is done", data=outcome)
    publish(settings, house, continued, outcome)
    return as_state(shown_outcome(house, outcome))
