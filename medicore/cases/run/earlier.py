"""Results of earlier months: the lock and the estimate with which this month is compared."""

import json
from typing import Any

import pandas as pd

from medicore.cases.run.histories import histories_of, history_of
from medicore.cases.run.runs import runs_of
from medicore.cases.run.stored import stored_file
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.history import RunHistory
from medicore.records.ledger.precedence import precedence
from medicore.records.ledger.states import WHOLE
from medicore.records.results.results import Results
from medicore.steps.data.change import earlier_estimate
from medicore.steps.data.deviation import approved_protocol


def previous_lock(house: House, run: RunId) -> tuple[str, pd.DataFrame] | None:
    """Return month and extract of the latest earlier month whose lock passed its check, from its sealed record."""
    passed = {
        RunId.parse(event.subject)
        for event in house.ledger.events(subject=f"{run.study}/", action="check.completed")
        if RunId.parse(event.subject).month < run.month
    }
    for earlier in sorted(passed, reverse=True):
        history = history_of(house, earlier)
        if history.sealings:
            data = stored_file(house, earlier, history.sealed_commit, "extract.parquet")
            return earlier.month, house.workspaces.table(data)
    return None


def previous_estimate(house: House, run: RunId) -> dict[str, Any] | None:
    """Return the primary result of the latest earlier month with a complete sealed run that was not rejected.

    A released run comes before other runs, a later one before an earlier one.
    """
    latest = previous_run(house, run)
    if latest is None:
        return None
    data = stored_file(house, latest.run, latest.sealed_commit, "results.json")
    primary = Results.from_json(data).primary
    return earlier_estimate(latest.run.month, str(latest.run), dict(primary.section.values))


def previous_run(house: House, run: RunId) -> RunHistory | None:
    """Return the run of the latest earlier month with a complete sealed run that was not rejected, as ``previous_estimate``."""
    months = {earlier.month for earlier in runs_of(house, run.study) if earlier.month < run.month}
    for month in sorted(months, reverse=True):
        standing = [history for history in histories_of(house, run.study, month) if history.state in WHOLE]
        if standing:
            return max(standing, key=lambda one: precedence(one.state, one.run.number))
    return None


def approved_last(house: House, run: RunId) -> dict[str, Any] | None:
    """Return the protocol of the study's last released run, of any month; None when no run was released."""
    released = [
        event
        for event in house.ledger.events(subject=f"{run.study}/", action="run.released")
        if event.subject != str(run)
    ]
    if not released:
        return None
    last = RunId.parse(released[-1].subject)
    stored = stored_file(house, last, history_of(house, last).sealed_commit, "protocol.json")
    return approved_protocol(str(last), json.loads(stored))
