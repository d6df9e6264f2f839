"""The table of states is complete, and nothing outside it happens to a run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import IntegrityError, ProtocolError, ReviewError
from medicore.records.ledger.actions import ACTIONS
from medicore.records.ledger.ledger import LedgerEvent, NewEvent, chain
from medicore.records.ledger.states import (
    BEFORE_ALL,
    MOVES,
    NOT_OF_A_RUN,
    REMARKS,
    TRANSITIONS,
    RunState,
    diagram,
    impossible,
    next_state,
    standing,
    state_of,
)

RUN = "MED-2024-0147/2025-03/1"
NOON = "2025-04-01T12:00:00.000000Z"
CLOSED = {RunState.ARCHIVED, RunState.REJECTED, RunState.FAILED, RunState.EXPLORED, RunState.REFUSED}


def tell(*actions: str, subject: str = RUN) -> list[LedgerEvent]:
    """Return the events of a run to which these things happened."""
    events: list[LedgerEvent] = []
    for action in actions:
        events.append(
            chain(NewEvent("ana", "analyst", action, subject), NOON, events[-1] if events else None)
        )
    return events


def test_every_action_is_placed_once() -> None:
    """Each action of the ledger moves runs, leaves them, does both by state, or is never about a run."""
    moving = {action for _, action in MOVES}
    assert moving | set(REMARKS) | NOT_OF_A_RUN == set(ACTIONS)
    assert not (moving | set(REMARKS)) & NOT_OF_A_RUN


def test_no_pair_is_both_a_move_and_a_remark() -> None:
    """The table is a function: one state and one action lead to one state."""
    assert len(TRANSITIONS) == len(MOVES) + sum(len(states) for states in REMARKS.values())


def test_every_state_can_be_reached() -> None:
    """From nothing, the moves lead to every state."""
    reached: set[RunState | None] = {None}
    for _ in RunState:
        reached |= {after for (state, _), after in MOVES.items() if state in reached}
    assert reached == {None, *RunState}


def test_the_closed_states_are_these() -> None:
    """Archived, rejected, failed, exploratory and refused runs never move again; all others can."""
    assert {state for state in RunState if all(held != state for held, _ in MOVES)} == CLOSED


@given(st.sampled_from([None, *RunState]), st.sampled_from(sorted(ACTIONS)))
def test_what_the_table_lacks_is_refused(state: RunState | None, action: str) -> None:
    """Every pair is in the table, a remark before all, or refused with the state in the message."""
    if state is None and action in BEFORE_ALL:
        assert next_state(state, action) is None
    elif (state, action) in TRANSITIONS:
        assert next_state(state, action) == TRANSITIONS[state, action]
    else:
        with pytest.raises(ReviewError, match=str(state) if state else "not requested"):
            next_state(state, action)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            None,
            r"the action 'run\.sealed' is not allowed for a run that is not requested; expected run\.refused, run\.requested;",
        ),
        (RunState.HALTED, r"expected run\.continued, run\.rejected;"),
        (RunState.REJECTED, "expected no further action, as the run is closed;"),
    ],
)
def test_a_refusal_says_what_could_be_done(state: RunState | None, message: str) -> None:
    """The message names the moves that the run's state allows."""
    with pytest.raises(ReviewError, match=message):
        next_state(state, "run.sealed")


@pytest.mark.parametrize("state", [state for state in RunState if state is not RunState.RELEASED])
def test_nothing_is_archived_before_release(state: RunState) -> None:
    """Only a released run can be archived (21 CFR 11.10(f))."""
    with pytest.raises(ReviewError, match=r"archive\.completed"):
        next_state(state, "archive.completed")


@pytest.mark.parametrize("state", [state for state in RunState if state is not RunState.SEALED])
def test_nothing_is_released_but_a_sealed_run(state: RunState) -> None:
    """Release needs a finished, sealed record: a halted run cannot be released."""
    with pytest.raises(ReviewError, match=r"run\.released"):
        next_state(state, "run.released")


@pytest.mark.parametrize(
    ("actions", "state"),
    [
        (["run.requested", "extract.completed", "lock.frozen", "run.resumed"], RunState.RUNNING),
        (["run.requested", "check.halted", "run.halted", "decision.refused"], RunState.HALTED),
        (["run.requested", "run.halted", "decision.signed", "run.continued"], RunState.RUNNING),
        (["run.requested", "report.completed", "run.sealed", "checkpoint.signed"], RunState.SEALED),
        (["run.requested", "run.halted", "decision.signed", "run.rejected"], RunState.REJECTED),
        (["run.requested", "run.failed", "verification.failed"], RunState.FAILED),
        (["run.requested", "effect.completed", "run.explored"], RunState.EXPLORED),
        (["run.refused"], RunState.REFUSED),
        (["run.requested", "run.halted", "run.refused"], RunState.HALTED),
        (
            ["run.requested", "run.sealed", "decision.signed", "run.released", "archive.failed"],
            RunState.RELEASED,
        ),
        (
            ["run.requested", "run.sealed", "run.released", "archive.completed", "archive.verified"],
            RunState.ARCHIVED,
        ),
        (["decision.refused", "run.requested"], RunState.RUNNING),
        (["export.refused", "run.requested"], RunState.RUNNING),
    ],
)
def test_state_follows_from_the_events_alone(actions: list[str], state: RunState) -> None:
    """A run stands where its ledger events say, and nowhere else."""
    assert state_of(tell(*actions)) is state


@pytest.mark.parametrize("actions", [[], ["decision.refused"], ["export.refused"]])
def test_a_run_that_nobody_asked_for_is_unknown(actions: list[str]) -> None:
    """Without a request there is no run, even if someone tried to sign for it."""
    with pytest.raises(ProtocolError, match="knows no run"):
        state_of(tell(*actions))


def test_an_impossible_story_is_an_integrity_error() -> None:
    """A ledger that says what no run can do is not believed."""
    with pytest.raises(IntegrityError, match=r"event 3 says 'archive\.completed'.*sealed"):
        state_of(tell("run.requested", "run.sealed", "archive.completed"))


def corrected(events: list[LedgerEvent], *places: object) -> list[LedgerEvent]:
    """Return the events with a correction after them that names these places."""
    details = {"disregarded": list(places)}
    new = NewEvent("otto", "operator", "ledger.corrected", RUN, "two workers sealed it", details)
    return [*events, chain(new, NOON, events[-1])]


def test_a_correction_passes_over_what_no_run_can_do() -> None:
    """A second seal that an older version took is passed over once an operator says so, and the run goes on."""
    sealed_twice = tell("run.requested", "run.sealed", "run.sealed")
    with pytest.raises(IntegrityError, match="event 3"):
        state_of(sealed_twice)
    assert state_of(corrected(sealed_twice, 3)) is RunState.SEALED


def test_a_correction_takes_nothing_from_what_a_run_can_do() -> None:
    """A correction that names a possible event, or no number, changes no state."""
    rejected = tell("run.requested", "run.halted", "decision.signed", "run.rejected")
    assert state_of(corrected(rejected, 4, "4", None)) is RunState.REJECTED
    malformed = NewEvent("otto", "operator", "ledger.corrected", RUN, "", {"disregarded": 4})
    assert state_of([*rejected, chain(malformed, NOON, rejected[-1])]) is RunState.REJECTED


def test_events_of_two_runs_are_not_mixed() -> None:
    """The state is asked of one run at a time."""
    with pytest.raises(IntegrityError, match="mixed"):
        state_of([*tell("run.requested"), *tell("run.sealed", subject="MED-2024-0147/2025-03/2")])


def test_diagram_shows_every_state_and_every_move() -> None:
    """The diagram is the table: a line per state, a line per move, an end per closed state."""
    lines = diagram().splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert len(lines) == 1 + len(RunState) + len(MOVES) + len(CLOSED)
    assert "    [*] --> running : run.requested" in lines
    assert "    sealed : sealed, awaiting approval" in lines
    assert "    released --> archived : archive.completed" in lines
    assert "    archived --> [*]" in lines


def test_what_no_run_can_do_is_listed_until_it_is_corrected() -> None:
    """A second seal is impossible, and stands no more once a correction names it."""
    events = tell("run.requested", "run.sealed", "run.sealed")
    assert impossible(events) == (events[2],)
    assert standing(events) == tuple(events)
    told = corrected(events, 3)
    assert impossible(told) == ()
    assert standing(told) == (*events[:2], told[3])
