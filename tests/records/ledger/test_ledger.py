"""The chain catches every change; with a checkpoint also a ledger cut short or rewritten."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import ConfigurationError, IntegrityError
from medicore.records.ledger.ledger import (
    CLOCK_TOLERANCE,
    GENESIS,
    Checkpoint,
    LedgerEvent,
    NewEvent,
    chain,
    clock_steps,
    verify_chain,
    verify_part,
)
from medicore.records.moment import timestamp

RUN = "MED-2024-0147/2025-03/1"
START = datetime(2025, 4, 1, 6, 0, tzinfo=UTC)


def at(seconds: float) -> str:
    """Return the moment that many seconds after the start."""
    return timestamp(START + timedelta(seconds=seconds))


def ledger(length: int, mark: str = "") -> list[LedgerEvent]:
    """Return a chain of that many events; ``mark`` makes another one of the same length."""
    events: list[LedgerEvent] = []
    for number in range(length):
        new = NewEvent(
            "ana", "analyst", "effect.completed", RUN, mark, {"number": number, "inputs": {"a": "b"}}
        )
        events.append(chain(new, at(number), events[-1] if events else None))
    return events


def head(events: list[LedgerEvent]) -> Checkpoint:
    """Return the checkpoint of a chain's last event."""
    return Checkpoint(events[-1].sequence, events[-1].digest, at(1e6))


def test_first_event_follows_the_genesis() -> None:
    """The first event has sequence number 1 and 64 zeros before it."""
    first = ledger(1)[0]
    assert (first.sequence, first.previous, GENESIS) == (1, "0" * 64, "0" * 64)


def test_digest_is_sha256_of_the_canonical_rest() -> None:
    """The digest can be computed by anyone: SHA-256 over the sorted, compact JSON of the other fields."""
    import hashlib

    event = ledger(2)[1]
    rest = {name: value for name, value in event.as_json().items() if name != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert event.digest == hashlib.sha256(text.encode()).hexdigest()


def test_whole_chain_verifies() -> None:
    """An untouched ledger verifies and gives its head, with checkpoints at every place too."""
    events = ledger(7)
    every = [Checkpoint(event.sequence, event.digest, event.at) for event in events]
    assert verify_chain(iter(events), [Checkpoint(0, GENESIS, at(0)), *reversed(every)]) == (
        7,
        events[6].digest,
    )


def test_empty_ledger_verifies() -> None:
    """No events is a ledger whose head is the genesis, also against the checkpoint taken then."""
    assert verify_chain([], [Checkpoint(0, GENESIS, at(0))]) == (0, GENESIS)


@given(st.data())
def test_every_edit_is_caught_at_its_place(data: st.DataObject) -> None:
    """Whatever field of whatever event is changed, verification names that event."""
    events = ledger(6)
    index = data.draw(st.integers(0, 5))
    name = data.draw(
        st.sampled_from(["at", "actor", "role", "action", "subject", "reason", "details", "previous"])
    )
    values = {
        "at": at(index + 0.25),
        "action": "report.completed",
        "details": {"number": index},
        "previous": "a" * 64,
    }
    events[index] = replace(events[index], **{name: values.get(name, "mallory")})
    with pytest.raises(IntegrityError, match=f"event {index + 1} "):
        verify_chain(events)


@given(st.integers(0, 5), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_a_changed_digest_is_caught(index: int, digest: str) -> None:
    """A digest that is not its event's own is found."""
    events = ledger(6)
    events[index] = replace(events[index], digest=digest)
    with pytest.raises(IntegrityError, match=f"event {index + 1} "):
        verify_chain(events)


def test_a_part_stands_by_its_head() -> None:
    """Consecutive events are proved without those before them; none, or an altered first one, is refused."""
    events = ledger(6)
    verify_part(events[2:], head(events))
    with pytest.raises(IntegrityError, match="event 6 is missing"):
        verify_part([], head(events))
    altered = replace(events[2], reason="another")
    with pytest.raises(IntegrityError, match="event 3 does not match its digest"):
        verify_part([altered, *events[3:]], head(events))


@given(st.integers(0, 5))
def test_every_deletion_is_caught(index: int) -> None:
    """An event taken out is found at its own number, the last one with the help of a checkpoint."""
    events = ledger(6)
    checkpoint = head(events)
    del events[index]
    with pytest.raises(IntegrityError, match=f"event {index + 1} "):
        verify_chain(events, [checkpoint])


@given(st.lists(st.integers(0, 5), min_size=2, max_size=2, unique=True))
def test_every_swap_is_caught(places: list[int]) -> None:
    """Two events that changed places are found at the first of the two."""
    events = ledger(6)
    first, second = sorted(places)
    events[first], events[second] = events[second], events[first]
    with pytest.raises(IntegrityError, match=f"event {first + 1} "):
        verify_chain(events)


@given(st.integers(0, 8), st.integers(1, 9))
def test_every_truncation_is_caught(kept: int, checked: int) -> None:
    """A ledger cut anywhere before a checkpoint is found; cut after it, it still verifies."""
    events = ledger(9)
    checkpoint = Checkpoint(checked, events[checked - 1].digest, at(99))
    if kept >= checked:
        assert verify_chain(events[:kept], [checkpoint])[0] == kept
    else:
        with pytest.raises(
            IntegrityError, match=rf"event {kept + 1} is missing: the ledger ends at {kept}, .* {checked};"
        ):
            verify_chain(events[:kept], [checkpoint])


@given(st.integers(0, 5))
def test_every_fork_is_caught(common: int) -> None:
    """A ledger rewritten from some event on is sound in itself, and the checkpoint finds it."""
    events = ledger(6)
    fork = events[:common]
    for number in range(common, 6):
        new = NewEvent("ana", "analyst", "effect.completed", RUN, "another story")
        fork.append(chain(new, at(number), fork[-1] if fork else None))
    assert verify_chain(fork)[0] == 6
    with pytest.raises(IntegrityError, match="event 6 differs from the checkpoint"):
        verify_chain(fork, [head(events)])


@given(st.lists(st.integers(1, 6), min_size=1, unique=True), st.data())
def test_every_one_of_many_checkpoints_counts(places: list[int], data: st.DataObject) -> None:
    """Among true checkpoints, in any order, the false one is named."""
    events = ledger(6)
    false = data.draw(st.sampled_from(places))
    checkpoints = [Checkpoint(n, "a" * 64 if n == false else events[n - 1].digest, at(99)) for n in places]
    with pytest.raises(IntegrityError, match=f"event {false} differs from the checkpoint"):
        verify_chain(events, checkpoints)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sequence": 5}, "event 4 is missing or out of order, 5 was found"),
        ({"previous": "a" * 64}, "event 4 does not continue"),
        ({"at": "2025-04-01 06:00"}, "time .* is malformed"),
    ],
)
def test_a_right_digest_alone_is_not_enough(changes: dict[str, Any], message: str) -> None:
    """An event with another place, another predecessor or no time is found although its digest is its own."""
    events = ledger(3)
    odd = replace(chain(NewEvent("ana", "analyst", "run.sealed", RUN), at(9), events[-1]), **changes)
    with pytest.raises(IntegrityError, match=message):
        verify_chain([*events, replace(odd, digest=odd.compute_digest())])


def test_a_false_checkpoint_of_nothing_is_caught() -> None:
    """The empty ledger has one digest only."""
    with pytest.raises(IntegrityError, match="event 0 differs"):
        verify_chain(ledger(2), [Checkpoint(0, "a" * 64, at(0))])


@pytest.mark.parametrize(
    ("name", "value"), [("actor", 7), ("details", {"rate": float("nan")}), ("details", {"day": START})]
)
def test_other_types_are_caught(name: str, value: object) -> None:
    """A field that a damaged store gives with another type is found, not computed with."""
    events = ledger(3)
    events[1] = replace(events[1], **{name: value})
    with pytest.raises(IntegrityError, match="event 2 holds a value that no ledger writes"):
        verify_chain(events)


def test_a_chain_of_unknown_actions_is_caught() -> None:
    """An event with an unknown action is refused although its digest is right."""
    event = replace(ledger(1)[0], action="run.forgotten")
    with pytest.raises(IntegrityError, match=r"run\.forgotten"):
        verify_chain([replace(event, digest=event.compute_digest())])


def test_nothing_is_chained_to_an_altered_event() -> None:
    """The ledger does not grow on top of an event that is not what its digest says."""
    altered = replace(ledger(3)[-1], reason="nothing happened")
    with pytest.raises(IntegrityError, match="event 3 does not match its digest"):
        chain(NewEvent("ana", "analyst", "run.sealed", RUN), at(4), altered)


@pytest.mark.parametrize("name", ["actor", "role", "subject"])
def test_an_event_says_who_and_what(name: str) -> None:
    """Actor, role and subject are never empty (21 CFR 11.10(e))."""
    new = replace(NewEvent("ana", "analyst", "run.sealed", RUN), **{name: "  "})
    with pytest.raises(IntegrityError, match=name):
        chain(new, at(0), None)


def test_an_unknown_action_is_refused() -> None:
    """The table of actions is closed."""
    with pytest.raises(IntegrityError, match=r"'run\.forgotten' is not one"):
        chain(NewEvent("ana", "analyst", "run.forgotten", RUN), at(0), None)


@pytest.mark.parametrize("value", [float("inf"), {1, 2}, START, "\ud800"])
def test_details_that_are_no_json_are_refused(value: object) -> None:
    """Details can always be exported, so what JSON cannot hold is refused at once."""
    with pytest.raises(IntegrityError, match="no JSON"):
        chain(NewEvent("ana", "analyst", "run.sealed", RUN, details={"value": value}), at(0), None)


def test_details_become_plain_json() -> None:
    """The event in memory is the event that is stored: tuples are lists already."""
    event = chain(NewEvent("ana", "analyst", "run.sealed", RUN, details={"pair": (1, "ü")}), at(0), None)
    assert event.details == {"pair": [1, "ü"]}


def test_a_clock_set_back_halts() -> None:
    """Time may step back by the tolerance, and by no more."""
    first = chain(NewEvent("ana", "analyst", "run.requested", RUN), at(1000), None)
    limit = 1000 - CLOCK_TOLERANCE.total_seconds()
    new = NewEvent("ana", "analyst", "run.resumed", RUN)
    assert chain(new, at(limit), first).sequence == 2
    with pytest.raises(ConfigurationError, match="step back"):
        chain(new, at(limit - 0.000001), first)


def test_a_clock_set_back_is_caught_in_the_chain() -> None:
    """A chain in which time runs back is refused even where every digest is right."""
    first, second = ledger(2)
    early = replace(second, at=at(-61))
    with pytest.raises(IntegrityError, match="event 2 has the time"):
        verify_chain([first, replace(early, digest=early.compute_digest())])


def test_an_operator_may_correct_the_clock() -> None:
    """After a clock that ran years ahead the ledger goes on, and the step stays visible."""
    first = chain(NewEvent("ana", "analyst", "run.requested", RUN), "2099-01-01T00:00:00.000000Z", None)
    new = NewEvent("otto", "operator", "clock.corrected", "ledger", "the clock ran ahead")
    second = chain(new, at(0), first)
    third = chain(NewEvent("ana", "analyst", "run.resumed", RUN), at(1), second)
    assert verify_chain([first, second, third])[0] == 3
    assert clock_steps([first, second, second, third]) == (2,)


def test_a_malformed_time_is_refused() -> None:
    """A time without its zone does not enter the chain."""
    with pytest.raises(IntegrityError, match="malformed"):
        chain(NewEvent("ana", "analyst", "run.sealed", RUN), "2025-04-01T06:00:00", None)
