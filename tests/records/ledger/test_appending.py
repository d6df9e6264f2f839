"""What a ledger takes of a run: what its state allows, from the worker who holds it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import BusyError, IntegrityError, MediCoreError, ReviewError
from medicore.records.ledger.actions import ACTIONS
from medicore.records.ledger.appending import FENCE, FENCED, LEASE, lease_of, month_of, require_possible
from medicore.records.ledger.ledger import LedgerEvent, NewEvent, chain
from medicore.records.ledger.states import NOT_OF_A_RUN, RunState, state_if_any
from medicore.records.moment import moment, timestamp

MONTH = "MED-2024-0147/2025-03"
RUN, OTHER = f"{MONTH}/1", f"{MONTH}/2"
NOON = "2025-04-01T12:00:00.000000Z"
SECONDS = 900


def later(seconds: float) -> str:
    """Return the time so many seconds after noon."""
    return timestamp(moment(NOON) + timedelta(seconds=seconds))


def taking(action: str, holder: str, run: str = RUN) -> NewEvent:
    """Return the event by which a worker takes a run."""
    return NewEvent("ana", "analyst", action, run, "", {LEASE: {"holder": holder, "seconds": SECONDS}})


def working(action: str, fence: int, run: str = RUN) -> NewEvent:
    """Return an event that a worker writes who holds the run by the event ``fence``."""
    return NewEvent("medicore", "service", action, run, "", {FENCE: fence})


def told(*news: tuple[NewEvent, float]) -> list[LedgerEvent]:
    """Return the events of a ledger that took these at so many seconds after noon, each by the rule."""
    events: list[LedgerEvent] = []
    for new, seconds in news:
        require_possible(events, new, later(seconds))
        events.append(chain(new, later(seconds), events[-1] if events else None))
    return events


def test_a_second_seal_is_refused() -> None:
    """Of two workers who seal one run the second is told that no sealed run does that."""
    events = told((taking("run.requested", "a"), 0), (working("run.sealed", 1), 1))
    with pytest.raises(ReviewError, match=r"'run\.sealed' is not allowed for a run that is sealed"):
        require_possible(events, working("run.sealed", 1), later(2))


def test_a_second_request_of_one_run_is_refused() -> None:
    """Of two workers who begin the same run at once one has it."""
    events = told((taking("run.requested", "a"), 0))
    with pytest.raises(ReviewError, match=r"'run\.requested' is not allowed for a run that is running"):
        require_possible(events, taking("run.requested", "b"), NOON)


def test_a_sleeper_writes_nothing_once_its_run_is_taken() -> None:
    """A worker that slept past its lease finds the run taken; neither its step nor its seal is written."""
    events = told(
        (taking("run.requested", "a"), 0),
        (working("extract.completed", 1), 10),
        (taking("run.resumed", "b"), 10 + SECONDS),
        (working("check.completed", 3), 12 + SECONDS),
    )
    for action in sorted(FENCED):
        with pytest.raises(BusyError, match="was taken by b with ledger event 3"):
            require_possible(events, working(action, 1), later(2000))
    require_possible(events, working("run.sealed", 3), later(2000))


def test_a_holder_is_left_alone_while_it_is_heard_of() -> None:
    """Nobody takes a run whose holder wrote within the lease, nor begins another run of the month."""
    events = told((taking("run.requested", "a"), 0), (working("extract.completed", 1), 600))
    for new in (taking("run.resumed", "b"), taking("run.requested", "b", OTHER)):
        with pytest.raises(BusyError, match="held by a, last heard of at 2025-04-01T12:10"):
            require_possible(events, new, later(600 + SECONDS - 1))
        require_possible(events, new, later(600 + SECONDS))


def test_the_same_state_folder_resumes_at_once() -> None:
    """A killed worker's own state folder, whose lock is free again, waits for nobody."""
    events = told((taking("run.requested", "a"), 0))
    require_possible(events, taking("run.resumed", "a"), later(1))


def test_a_run_that_ended_holds_nobody_up() -> None:
    """A lease ends with the run: the next run of the month may begin at once, anywhere."""
    events = told((taking("run.requested", "a"), 0), (working("run.failed", 1), 1))
    require_possible(events, taking("run.requested", "b", OTHER), later(2))


def test_a_run_of_an_older_version_has_no_lease() -> None:
    """What was begun without a lease goes on as it did, and whoever resumes it holds it then."""
    begun = NewEvent("ana", "analyst", "run.requested", RUN)
    events = told((begun, 0), (NewEvent("medicore", "service", "extract.completed", RUN), 1))
    assert lease_of(events) is None
    assert lease_of([]) is None
    events = told((begun, 0), (taking("run.resumed", "b"), 1))
    with pytest.raises(BusyError, match="taken by b"):
        require_possible(events, NewEvent("medicore", "service", "check.completed", RUN), later(2))


@pytest.mark.parametrize("lease", ["a", {"holder": 1, "seconds": 2}, {"holder": "a"}, {}])
def test_a_malformed_lease_is_none(lease: object) -> None:
    """A lease that is not as a worker writes it holds nothing."""
    events = told((NewEvent("ana", "analyst", "run.requested", RUN, "", {LEASE: lease}), 0))
    assert lease_of(events) is None


def test_an_impossible_story_takes_remarks_alone() -> None:
    """Where the ledger already says what no run can do, it takes a correction, and after it what the run may do."""
    events: list[LedgerEvent] = []
    for action in ("run.requested", "run.sealed", "run.sealed"):
        new = NewEvent("medicore", "service", action, RUN)
        events.append(chain(new, NOON, events[-1] if events else None))
    released = NewEvent("medicore", "service", "run.released", RUN)
    with pytest.raises(IntegrityError, match="event 3"):
        require_possible(events, released, NOON)
    correction = NewEvent("otto", "operator", "ledger.corrected", RUN, "twice", {"disregarded": [3]})
    require_possible(events, correction, NOON)
    events.append(chain(correction, NOON, events[-1]))
    require_possible(events, released, NOON)


def test_the_rule_asks_for_the_month_of_a_run_and_of_nothing_else() -> None:
    """An event about a person, or about no run, needs no other event to be seen."""
    assert month_of(taking("run.requested", "a")) == f"{MONTH}/"
    assert month_of(NewEvent("otto", "operator", "person.added", "ana")) is None
    assert month_of(NewEvent("ana", "analyst", "run.refused", "requests")) is None


@given(
    st.lists(st.tuples(st.sampled_from(sorted(set(ACTIONS) - NOT_OF_A_RUN)), st.integers(0, 3)), max_size=12)
)
def test_what_the_rule_takes_is_a_story_that_a_run_can_have(drawn: list[tuple[str, int]]) -> None:
    """Whatever is tried in whatever order, the events that were taken lead to a state, and to one seal at most."""
    events: list[LedgerEvent] = []
    for action, fence in drawn:
        lease = {LEASE: {"holder": "a", "seconds": SECONDS}}
        new = NewEvent("ana", "analyst", action, RUN, "", {FENCE: fence, **lease})
        try:
            require_possible(events, new, NOON)
        except MediCoreError:
            continue
        events.append(chain(new, NOON, events[-1] if events else None))
    state = state_if_any(events)
    assert state is None or isinstance(state, RunState)
    halts = sum(event.action == "run.continued" for event in events)
    assert sum(event.action in {"run.sealed", "run.failed", "run.explored"} for event in events) <= 1
    assert sum(event.action == "run.halted" for event in events) <= halts + 1
