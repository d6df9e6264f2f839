"""notifying: messages to an outside address about a run's state and about late months; never with a value."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from medicore.cases.answers.lateness import gaps, with_deadlines
from medicore.cases.answers.shown import shown_findings
from medicore.cases.people.logged import SERVICE, log
from medicore.cases.run.histories import history_of
from medicore.ports.house import House
from medicore.records.identifiers import RunId
from medicore.records.ledger.event_details import Ending
from medicore.records.ledger.states import RunState
from medicore.records.protocol.calendar import due_date, month_after

SENT, FAILED = "notice.sent", "notice.failed"
CALENDAR = "calendar"
"""The subject of a notice of late months."""

Post = Callable[[Mapping[str, Any]], str | None]
"""Sends a message, and returns the fault in a word."""


def tell_of_run(house: House, run: RunId, post: Post) -> None:
    """Send a run's present state: study, month, state, and the gates or the error at which it stopped.

    If a message does not arrive, the only effect is an event in the ledger.
    """
    history = history_of(house, run)
    state = history.state.value
    stop = history.stop if history.state in {RunState.HALTED, RunState.FAILED} else None
    # Only this much of the cause: the texts of findings hold no values, but they stay in the house.
    step = "" if stop is None else stop.step or ""
    gates = [] if stop is None else sorted({str(one["gate"]) for one in _findings(house, run, stop)})
    cause = f" at {step}" if step else ""
    cause += f": {', '.join(gates)}" if gates else ""
    message = {
        "text": f"{run} is {state}{cause}",
        "run": str(run),
        "study": run.study,
        "month": run.month,
        "state": state,
        "step": step,
        "gates": gates,
    }
    _send(house, post, str(run), message)


def tell_of_return(house: House, run: RunId, post: Post) -> None:
    """Send that a run was returned with comments, to whom and by whom; the comments stay in the house."""
    history = history_of(house, run)
    event = history.returns[-1]
    requester = history.request.requester
    message = {
        "text": f"{run} was returned to {requester} with comments by {event.actor}",
        "run": str(run),
        "study": run.study,
        "month": run.month,
        "state": history.state.value,
        "requested_by": requester,
        "returned_by": event.actor,
    }
    _send(house, post, str(run), message)


def _findings(house: House, run: RunId, stop: Ending) -> list[dict[str, Any]]:
    return shown_findings(house, run.study, (finding.stored for finding in stop.findings))


def tell_of_late(house: House, lines: Iterable[Mapping[str, Any]], post: Post) -> tuple[str, ...]:
    """Send a notice of every month that became late, once, as STUDY/MONTH, and return those of this notice.

    ``lines`` are those of the runs that represent their months. A notice that did not arrive is sent again the next
    time.
    """
    told = {
        month
        for event in house.ledger.events(subject=CALENDAR, action=SENT)
        for month in event.details.get("late", ())
    }
    rows = with_deadlines(house, lines)
    late = {"/".join(str(row["run"]).split("/")[:2]): str(row["due"]) for row in rows if row["late"]}
    for gap in gaps(house, rows):
        for count in range(gap.months):
            month = month_after(gap.first, count)
            late[f"{gap.study}/{month}"] = due_date(month).isoformat()
    new = sorted(set(late) - told)
    if new:
        text = f"{len(new)} month(s) are late: {', '.join(new[:5])}{', …' if len(new) > 5 else ''}"
        _send(house, post, CALENDAR, {"text": text, "late": new, "due": [late[month] for month in new]})
    return tuple(new)


def _send(house: House, post: Post, subject: str, message: Mapping[str, Any]) -> None:
    fault = post(message)
    details = {key: message[key] for key in ("state", "late") if key in message}
    if fault is None:
        log(house, SERVICE, SENT, subject, "", details)
    else:
        log(house, SERVICE, FAILED, subject, f"not taken by the address of 'notify' ({fault})", {})
