"""The states of a run, and the ledger actions that change them (21 CFR 11.10(f))."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType

from medicore.errors import IntegrityError, ProtocolError, ReviewError
from medicore.records.ledger.ledger import LedgerEvent


class RunState(StrEnum):
    """The state of a run; the value is the text that people read."""

    RUNNING = "running"
    HALTED = "halted, awaiting a decision"
    SEALED = "sealed, awaiting approval"
    RELEASED = "released"
    ARCHIVED = "archived"
    REJECTED = "rejected"
    FAILED = "failed"
    EXPLORED = "exploratory, no record"
    REFUSED = "refused"


RELEASED = frozenset({RunState.RELEASED, RunState.ARCHIVED})
"""The states of a run with an approved report."""

WHOLE = RELEASED | {RunState.SEALED}
"""The states of a run whose complete record is sealed and was not rejected: its results are valid."""

OPEN = frozenset({RunState.RUNNING, RunState.HALTED, RunState.SEALED})
"""The states of a run that may still become a record."""

_S = RunState
_EVERY = frozenset(RunState)
_ANALYSIS = ("extract", "check", "cohort", "propensity", "effect", "sensitivity", "report")

MOVES: Mapping[tuple[RunState | None, str], RunState] = MappingProxyType(
    {
        (None, "run.requested"): _S.RUNNING,
        (None, "run.refused"): _S.REFUSED,
        (_S.RUNNING, "run.halted"): _S.HALTED,
        (_S.RUNNING, "run.sealed"): _S.SEALED,
        (_S.RUNNING, "run.failed"): _S.FAILED,
        (_S.RUNNING, "run.explored"): _S.EXPLORED,
        (_S.HALTED, "run.continued"): _S.RUNNING,
        (_S.HALTED, "run.rejected"): _S.REJECTED,
        (_S.SEALED, "run.released"): _S.RELEASED,
        (_S.SEALED, "run.rejected"): _S.REJECTED,
        (_S.RELEASED, "archive.completed"): _S.ARCHIVED,
    }
)
"""The actions that change a run's state; None is a run before its first event."""

REMARKS: Mapping[str, frozenset[RunState]] = MappingProxyType(
    {
        "run.resumed": frozenset({_S.RUNNING}),
        "run.taken": frozenset({_S.RUNNING}),
        # A refusal never changes the state of an existing run: otherwise a refused attempt could end a good run.
        "run.refused": _EVERY,
        "run.exported": _EVERY,
        "export.refused": _EVERY,
        "lock.frozen": frozenset({_S.RUNNING}),
        **{f"{step}.completed": frozenset({_S.RUNNING}) for step in _ANALYSIS},
        **{f"{step}.halted": frozenset({_S.RUNNING}) for step in _ANALYSIS},
        "review.completed": frozenset({_S.RUNNING, _S.HALTED, _S.SEALED, _S.RELEASED, _S.REJECTED}),
        "review.halted": frozenset({_S.HALTED, _S.SEALED}),
        "archive.halted": _EVERY - {_S.ARCHIVED},
        "archive.failed": frozenset({_S.RELEASED}),
        "archive.verified": frozenset({_S.RELEASED, _S.ARCHIVED}),
        "archive.extended": frozenset({_S.ARCHIVED}),
        "archive.held": frozenset({_S.ARCHIVED}),
        "archive.lifted": frozenset({_S.ARCHIVED}),
        "archive.refused": _EVERY,
        "archive.restored": _EVERY,
        "verification.failed": _EVERY,
        "notice.sent": _EVERY,
        "notice.failed": _EVERY,
        "verification.warned": _EVERY,
        "decision.signed": frozenset({_S.HALTED, _S.SEALED}),
        "run.returned": frozenset({_S.HALTED, _S.SEALED}),
        "decision.refused": _EVERY,
        "checkpoint.signed": _EVERY,
        "checkpoint.failed": _EVERY,
        "subject.viewed": _EVERY,
        "subject.sought": _EVERY,
        "closed.viewed": _EVERY,
        "ledger.corrected": _EVERY,
    }
)
"""The actions that leave the state of a run as it is, with the states in which they are allowed."""

NOT_OF_A_RUN = frozenset(
    {
        "archive.surveyed",
        "person.added",
        "person.renewed",
        "person.revoked",
        "person.locked",
        "person.unlocked",
        "person.refused",
        "session.opened",
        "session.refused",
        "subject.refused",
        "closed.refused",
        "study.unblinded",
        "page.opened",
        "ledger.reviewed",
        "authority.created",
        "clock.corrected",
        "request.admitted",
        "service.refused",
    }
)
"""The actions whose subject is never a run."""

TRANSITIONS: Mapping[tuple[RunState | None, str], RunState] = MappingProxyType(
    {**MOVES, **{(state, action): state for action, states in REMARKS.items() for state in states}}
)
"""The complete table: every action that it does not list is refused."""

CORRECTED = "ledger.corrected"
"""The signed event by which an operator names events of a run that its state did not allow, so that they are skipped."""

BEFORE_ALL = frozenset(
    action for action, states in REMARKS.items() if states == _EVERY and (None, action) not in MOVES
)
"""The remarks that are allowed in every state, and on a run that nobody has requested as well."""


def next_state(state: RunState | None, action: str) -> RunState | None:
    """Return the state that follows ``action`` in ``state``; None for a remark on a run that nobody has requested.

    Raises
    ------
    ReviewError
        When the table does not allow the action in this state.
    """
    if state is None and action in BEFORE_ALL:
        return None
    try:
        return TRANSITIONS[state, action]
    except KeyError as error:
        allowed = sorted(known for held, known in MOVES if held == state)
        raise ReviewError(
            f"the action {action[:40]!r} is not allowed for a run that is {state or 'not requested'}; "
            f"expected {', '.join(allowed) or 'no further action, as the run is closed'}; see 'medicore status'"
        ) from error


def replay(events: Iterable[LedgerEvent]) -> Iterator[tuple[LedgerEvent, RunState]]:
    """Yield each event of one run with the state after it; ``events`` are all of its events in order.

    Remarks that came before the request are skipped. An event that the state does not allow is skipped where a correction
    names it; a correction has no effect on an event that the state allows.

    Raises
    ------
    IntegrityError
        When the events are about several runs, or one of them is not allowed in the run's state.
    """
    for event, before, after in _walk(tuple(events)):
        if isinstance(after, ReviewError):
            raise IntegrityError(
                f"ledger event {event.sequence} says {event.action!r} of {event.subject}, which was "
                f"{before or 'not requested'}; expected an action that this state allows; take the ledger from the "
                "archive or, where no forger wrote the event, skip it with 'medicore ledger correct'"
            ) from after
        if after is not None:
            yield event, after


def impossible(events: Iterable[LedgerEvent]) -> tuple[LedgerEvent, ...]:
    """Return the events of one run that its state did not allow, and that no correction names yet."""
    return tuple(event for event, _, after in _walk(tuple(events)) if isinstance(after, ReviewError))


def standing(events: Iterable[LedgerEvent]) -> tuple[LedgerEvent, ...]:
    """Return the events of one run without those that a correction lets everyone skip."""
    held = tuple(events)
    if all(event.action != CORRECTED for event in held):
        return held
    return tuple(event for event, _, _ in _walk(held))


_After = RunState | ReviewError | None


def _walk(held: tuple[LedgerEvent, ...]) -> Iterator[tuple[LedgerEvent, RunState | None, _After]]:
    """Yield each event with the state before it and the state after it, or why the state does not allow it."""
    corrected = {place for event in held if event.action == CORRECTED for place in places_of(event)}
    state: RunState | None = None
    for event in held:
        if event.subject != held[0].subject:
            raise IntegrityError(
                f"events of {held[0].subject} and {event.subject} are mixed; expected one run; ask for one"
            )
        try:
            after = next_state(state, event.action)
        except ReviewError as error:
            if event.sequence not in corrected:
                yield event, state, error
            continue
        yield event, state, after
        state = after


def state_if_any(events: Iterable[LedgerEvent]) -> RunState | None:
    """Return the state of the one run that ``events`` are about; None when nobody has requested it.

    Raises IntegrityError as ``replay`` does.
    """
    states = [state for _, state in replay(events)]
    return states[-1] if states else None


def state_of(events: Iterable[LedgerEvent]) -> RunState:
    """Return the state of one run from ``events``, which are all of its events in order.

    Raises
    ------
    ProtocolError
        When nobody has requested the run.
    IntegrityError
        When the events are about several runs, or one of them is not allowed in the run's state.
    """
    held = tuple(events)
    state = state_if_any(held)
    if state is None:
        name = held[-1].subject if held else "of that name"
        raise ProtocolError(f"the ledger knows no run {name}; see 'medicore history'")
    return state


def places_of(correction: LedgerEvent) -> tuple[int, ...]:
    """Return the sequence numbers of the events that a correction tells to pass over."""
    named = correction.details.get("disregarded")
    return tuple(place for place in named if isinstance(place, int)) if isinstance(named, list) else ()


def diagram() -> str:
    """Return the state diagram in Mermaid's language, made from the table."""
    names = {state: state.name.lower() for state in RunState}
    lines = ["stateDiagram-v2"]
    lines += [f"    {names[state]} : {state.value}" for state in RunState]
    lines += [
        f"    {'[*]' if state is None else names[state]} --> {names[after]} : {action}"
        for (state, action), after in MOVES.items()
    ]
    ends = [state for state in RunState if all(held != state for held, _ in MOVES)]
    lines += [f"    {names[state]} --> [*]" for state in ends]
    return "\n".join(lines) + "\n"
