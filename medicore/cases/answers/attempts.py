"""attempts: how every run ended, in particular the failed and halted ones."""

from collections.abc import Iterable, Mapping
from typing import Any

from medicore.cases.people.seeing import closed
from medicore.cases.run.histories import history_of
from medicore.ports.house import House
from medicore.records.blinding.closure import protocol_told
from medicore.records.blinding.pooled import pooled_messages
from medicore.records.identifiers import RunId
from medicore.records.ledger.event_details import CLAIMED, Ending, details_of
from medicore.records.ledger.history import STOPPED_BY, RunHistory, histories
from medicore.records.ledger.ledger import LedgerEvent

_ENDED = {
    "run.halted": "halted",
    "run.failed": "failed",
    "run.sealed": "sealed",
    "run.explored": "explored",
}


def attempts(house: House, study: str | None = None, *, failed: bool = False) -> list[dict[str, Any]]:
    """Return a row for each time that a run stopped or ended, in order; with ``failed`` only if it halted or failed.

    A row has the run, how and when it ended, the step, the messages, the requester and the reason, and the present
    state of the run. While a study is closed, the messages compare no arms. A run that halted twice has two rows. Requests that were refused before they had a run are rows
    too, except in the answer for one study, since such a request may name no study.
    """
    subject = f"{study}/" if study else None
    known = _stopped(house, subject) if failed else histories(house.ledger.events(subject=subject))
    hidden = _closed(house, known, whole=not failed)
    found = [
        row for history in known for row in _rows(history, failed=failed, hidden=history.run.study in hidden)
    ]
    if study is None:
        found += [_refused(event) for event in house.ledger.events(action="run.refused")]
    return sorted(found, key=lambda row: int(row["sequence"]))


def _closed(house: House, known: Iterable[RunHistory], *, whole: bool) -> frozenset[str]:
    """Return the closed studies among those of the runs; where these are all runs, the ledger is not read again."""
    told: dict[str, list[Mapping[str, Any]]] = {}
    for history in known:
        told.setdefault(history.run.study, []).append(protocol_told(history.request.event))
    return frozenset(
        study for study, recorded in told.items() if closed(house, study, recorded if whole else None)
    )


def _stopped(house: House, subject: str | None) -> tuple[RunHistory, ...]:
    """Return the runs that ever halted or failed; they are few, and only these are read."""
    runs = {
        event.subject
        for action in sorted(STOPPED_BY)
        for event in house.ledger.events(subject=subject, action=action)
    }
    return tuple(history_of(house, RunId.parse(run)) for run in sorted(runs))


def _rows(history: RunHistory, *, failed: bool, hidden: bool) -> list[dict[str, Any]]:
    """Return a row for each time that a run stopped or ended, or one row that says that it has not ended."""
    ended = history.told(*(STOPPED_BY if failed else _ENDED))
    rows = [_row(history, event, _ENDED[event.action], hidden=hidden) for event in ended]
    return rows or [_row(history, history.request.event, "not ended", hidden=hidden)]


def _row(history: RunHistory, event: LedgerEvent, how: str, *, hidden: bool) -> dict[str, Any]:
    ending, asked = Ending(event), history.request.event
    told = event.action in STOPPED_BY or (event.action == "run.explored" and not ending.whole)
    return {
        "run": str(history.run),
        "how": how,
        "at": event.at,
        "step": ending.step,
        "messages": _messages(ending, hidden=hidden) if told else [],
        "error": ending.error,
        "requested_by": asked.actor,
        "requested_at": asked.at,
        "reason": asked.reason,
        "state": history.state.value,
        "sequence": event.sequence,
    }


def _messages(ending: Ending, *, hidden: bool) -> list[str]:
    return pooled_messages(ending) if hidden else list(ending.messages)


def _refused(event: LedgerEvent) -> dict[str, Any]:
    return {
        "run": None,
        "how": "refused",
        "at": event.at,
        "step": None,
        "messages": [event.reason],
        "error": Ending(event).error,
        # The requester was not proved: the name is what the request claims.
        "requested_by": details_of(event).text_or_none(CLAIMED) or event.actor,
        "requested_at": event.at,
        "reason": None,
        "state": "refused",
        "sequence": event.sequence,
    }
