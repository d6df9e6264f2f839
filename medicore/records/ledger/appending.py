"""What may be appended of a run: what its state allows, written by the worker who holds it.

The ledger asks this within the transaction of the append, so that of two workers who do the same one is refused, however
far apart they are. A worker holds a run by the event with which it began, resumed or continued it. The sequence number
of that event is the fence: what the worker writes of the run carries it, and nothing is taken with an earlier one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from medicore.errors import BusyError, ProtocolError
from medicore.records.identifiers import RunId
from medicore.records.ledger.ledger import LedgerEvent, NewEvent
from medicore.records.ledger.states import (
    BEFORE_ALL,
    MOVES,
    NOT_OF_A_RUN,
    RunState,
    next_state,
    standing,
    state_if_any,
)
from medicore.records.moment import moment

Rule = Callable[[Sequence[LedgerEvent], NewEvent, str], None]
"""Raises unless an event may follow those of its run's month at a time."""

FENCE = "fence"
"""The key in an event's details that holds the sequence number of the event by which its writer holds the run."""

LEASE = "lease"
"""The key in the details of an event by which a worker takes a run: ``{"holder": text, "seconds": number}``.

The holder is a host and the identity of a state folder, parted by a slash; the identity alone counts.
"""

TAKING = frozenset({"run.requested", "run.resumed", "run.continued", "run.taken"})
"""The events by which a worker takes a run."""

FENCED = frozenset(
    {
        *(action for (state, action) in MOVES if state is RunState.RUNNING),
        "lock.frozen",
        *(f"{step}.{end}" for step in ("extract", "check", "cohort", "propensity", "effect", "sensitivity", "report")
          for end in ("completed", "halted")),
    }
)  # fmt: skip
"""The events that only the holder of a running run may write."""


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a run, by which event, since when no more was heard of them, and how long that may last."""

    holder: str
    fence: int
    heard: str
    seconds: float

    def is_of(self, holder: str) -> bool:
        """Say whether ``holder`` is the holder, on whatever host."""
        return self.holder.rpartition("/")[2] == holder.rpartition("/")[2]

    def is_live(self, at: str) -> bool:
        """Say whether the holder may still be at work at the time ``at``."""
        return moment(at) - moment(self.heard) < timedelta(seconds=self.seconds)


def lease_of(events: Sequence[LedgerEvent]) -> Lease | None:
    """Return the lease of a run by its events in order; None where it was taken without one, as older versions did."""
    taken = [event for event in events if event.action in TAKING]
    if not taken:
        return None
    last = taken[-1]
    match last.details.get(LEASE):
        case {"holder": str(holder), "seconds": int() | float() as seconds}:
            heard = [event.at for event in events if event.details.get(FENCE) == last.sequence]
            return Lease(holder, last.sequence, max([last.at, *heard]), float(seconds))
    return None


def month_of(event: NewEvent) -> str | None:
    """Return the prefix of the subjects that the rule needs to see for an event; None where it asks nothing."""
    if event.action in NOT_OF_A_RUN:
        return None
    try:
        run = RunId.parse(event.subject)
    except ProtocolError:
        return None
    return f"{run.study}/{run.month}/"


def require_possible(month: Sequence[LedgerEvent], new: NewEvent, at: str) -> None:
    """Raise unless ``new`` may follow the events of its run's month, ``month``, in order, at the time ``at``.

    Raises
    ------
    ReviewError
        When the run's state does not allow the action.
    IntegrityError
        When an earlier event tells what no run can do, and no correction says so.
    BusyError
        When another worker holds the run or its month, or took the run from the writer.
    """
    if new.action in BEFORE_ALL:
        return
    own = standing(event for event in month if event.subject == new.subject)
    next_state(state_if_any(own), new.action)
    if new.action in FENCED:
        _require_fence(own, new)
    elif new.action in TAKING:
        _require_free(month, new, at)


def _require_fence(own: Sequence[LedgerEvent], new: NewEvent) -> None:
    lease = lease_of(own)
    if lease is not None and new.details.get(FENCE) != lease.fence:
        raise BusyError(
            f"run {new.subject} was taken by {lease.holder} with ledger event {lease.fence}; expected to hold it still; "
            "this worker writes nothing more; 'medicore status' shows how the run continues"
        )


def _require_free(month: Sequence[LedgerEvent], new: NewEvent, at: str) -> None:
    """Raise BusyError when a worker elsewhere is at work on a run of the month."""
    holder = _holder(new.details)
    for run in dict.fromkeys(event.subject for event in month):
        events = standing(event for event in month if event.subject == run)
        lease = lease_of(events)
        if lease is None or lease.is_of(holder) or not lease.is_live(at):
            continue
        if state_if_any(events) is RunState.RUNNING:
            raise BusyError(
                f"run {run} is held by {lease.holder}, last heard of at {lease.heard}; expected it to end, or to be silent "
                f"for {lease.seconds:.0f} s; wait, then try again"
            )


def _holder(details: Mapping[str, Any]) -> str:
    lease = details.get(LEASE)
    return str(lease.get("holder")) if isinstance(lease, Mapping) else ""
