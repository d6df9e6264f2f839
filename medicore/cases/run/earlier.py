"""What earlier months left: the lock and the estimate that this month is compared with."""

import json
from typing import Any

import pandas as pd

from medicore.cases.run.runs import SEALED_BY, runs_of, sealed_commit
from medicore.cases.run.stored import stored_file
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.states import WHOLE, RunState, state_of
from medicore.steps.data.change import earlier_estimate
from medicore.steps.data.deviation import approved_protocol


def previous_lock(house: House, run: RunId) -> tuple[str, pd.DataFrame] | None:
    """Return month and extract of the latest earlier month whose lock passed its check, from its sealed record."""
    passed = {
        RunId.parse(event.subject)
        for event in house.ledger.events(subject=f"{run.study}/", action="check.completed")
        if RunId.parse(event.subject).month < run.month and _is_sealed(house, event.subject)
    }
    for earlier in sorted(passed, reverse=True):
        data = stored_file(house, earlier, sealed_commit(house, earlier), "extract.parquet")
        return earlier.month, house.workspaces.table(data)
    return None


def previous_estimate(house: House, run: RunId) -> dict[str, Any] | None:
    """Return the primary result of the latest earlier month with a run that stands: sealed whole and not rejected.

    A run that was released goes before one that was not, a later one before an earlier.
    """
    standing = []
    for earlier in runs_of(house, run.study):
        if earlier.month < run.month:
            state = state_of(tuple(house.ledger.events(subject=str(earlier))))
            if state in WHOLE:
                standing.append((earlier.month, state is not RunState.SEALED, earlier.number, earlier))
    if not standing:
        return None
    latest = max(standing, key=lambda entry: entry[:3])[3]
    results = json.loads(stored_file(house, latest, sealed_commit(house, latest), "results.json"))
    return earlier_estimate(latest.month, str(latest), results["primary"])


def approved_last(house: House, run: RunId) -> dict[str, Any] | None:
    """Return the protocol of the study's run that was released last, of whatever month; None when none ever was."""
    released = [
        event
        for event in house.ledger.events(subject=f"{run.study}/", action="run.released")
        if event.subject != str(run)
    ]
    if not released:
        return None
    last = RunId.parse(released[-1].subject)
    stored = stored_file(house, last, sealed_commit(house, last), "protocol.json")
    return approved_protocol(str(last), json.loads(stored))


def _is_sealed(house: House, run: str) -> bool:
    return any(event.action in SEALED_BY for event in house.ledger.events(subject=run))
