"""attempts: how every run ended, the failed and halted ones above all."""

from collections.abc import Mapping
from typing import Any

from medicore.ports.house import House
from medicore.records.ledger.ledger import LedgerEvent
from medicore.records.ledger.states import state_of

_STOPPED = {"run.halted": "halted", "run.failed": "failed"}
_ENDED = {**_STOPPED, "run.sealed": "sealed", "run.explored": "explored"}


def attempts(house: House, study: str | None = None, *, failed: bool = False) -> list[dict[str, Any]]:
    """Return a row for each time that a run stopped or ended, in order; with ``failed`` those that halted or failed.

    A row says the run, how and when it ended, at which step, with which messages, who had asked for it and why, and
    where the run stands now. A run that halted twice has two rows. Requests that were refused before they had a run
    are rows too, unless one study is asked for: such a request may name none.
    """
    subject = f"{study}/" if study else None
    asked = {event.subject: event for event in house.ledger.events(subject=subject, action="run.requested")}
    ended = _STOPPED if failed else _ENDED
    found = [
        (event.sequence, _row(house, asked[event.subject], event, how))
        for action, how in ended.items()
        for event in house.ledger.events(subject=subject, action=action)
    ]
    seen = {row["run"] for _, row in found}
    if not failed:
        found += [
            (event.sequence, _row(house, event, event, "not ended"))
            for run, event in asked.items()
            if run not in seen
        ]
    if study is None:
        found += [(event.sequence, _refused(event)) for event in house.ledger.events(action="run.refused")]
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def _row(house: House, asked: LedgerEvent, event: LedgerEvent, how: str) -> dict[str, Any]:
    stopped = event.action in _STOPPED
    findings: list[Mapping[str, Any]] = list(event.details.get("findings", ()))
    return {
        "run": asked.subject,
        "how": how,
        "at": event.at,
        "step": event.details.get("step"),
        "messages": [str(finding["message"]) for finding in findings] or ([event.reason] if stopped else []),
        "error": event.details.get("error"),
        "requested_by": asked.actor,
        "requested_at": asked.at,
        "reason": asked.reason,
        "state": state_of(house.ledger.events(subject=asked.subject)).value,
        "sequence": event.sequence,
    }


def _refused(event: LedgerEvent) -> dict[str, Any]:
    return {
        "run": None,
        "how": "refused",
        "at": event.at,
        "step": None,
        "messages": [event.reason],
        "error": event.details.get("error"),
        "requested_by": event.actor,
        "requested_at": event.at,
        "reason": None,
        "state": "refused",
        "sequence": event.sequence,
    }
