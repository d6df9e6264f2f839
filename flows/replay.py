"""The flow that computes a sealed run again, with the code of its own commit."""

import tempfile
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.analysis import name_run
from flows.requests import ReplayRequest
from flows.shown.artifacts import best_effort, show_comparisons
from flows.shown.progress import show_progress
from medicore.cases.proof.reproduce import reproduce
from medicore.cases.run.runs import code_commit, require_begun_on
from medicore.records.identifiers import RunId
from medicore.settings import read_settings
from medicore.wiring import open_house


@flow(name="replay", persist_result=False, log_prints=False)
def replay(request: ReplayRequest) -> State[Any]:
    """Build every file of the run again and compare it bit by bit; the flow fails when one differs."""
    house = open_house(read_settings(), show_progress)
    run = RunId.parse(request.run)
    name_run(run, "replay · ")
    require_begun_on(run, code_commit(house, run), house.code.require_clean(run.study))
    with tempfile.TemporaryDirectory(prefix="medicore-replay-") as scratch:
        found = reproduce(house, run, Path(scratch))
    with best_effort():
        show_comparisons(str(run), found.files)
    if found.different:
        why = found.why_different(house.environment.kernels())
        return Failed(
            message=f"{len(found.different)} file(s) of {run} differ, first {found.different[0]}; {why}"
        )
    return Completed(message=f"all {len(found.files)} files of {run} are the same bit for bit")
