"""A ledger leaves and enters as lines of JSON, and a checkpoint as a document, without losing a byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import IntegrityError
from medicore.records.canonical import canonical
from medicore.records.ledger.ledger import (
    Checkpoint,
    LedgerEvent,
    NewEvent,
    chain,
    export_lines,
    import_lines,
    verify_chain,
)

NOON = "2025-04-01T12:00:00.000000Z"


def ledger(length: int, reason: str = "") -> list[LedgerEvent]:
    """Return a chain of that many events."""
    events: list[LedgerEvent] = []
    for number in range(length):
        new = NewEvent(
            "ana", "analyst", "effect.completed", "MED-2024-0147/2025-03/1", reason, {"number": number}
        )
        events.append(chain(new, NOON, events[-1] if events else None))
    return events


def test_export_and_import_give_the_same_events() -> None:
    """A ledger as JSON lines is read back as it was, with letters of every script."""
    events = ledger(4, "Grüße, שלום\u2028")
    assert list(import_lines(export_lines(events))) == events


@given(st.data())
def test_every_flipped_byte_of_an_export_is_caught(data: st.DataObject) -> None:
    """Whatever byte of an export changes, reading or verifying fails at that line."""
    lines = list(export_lines(ledger(3)))
    number = data.draw(st.integers(0, 2))
    place = data.draw(st.integers(0, len(lines[number]) - 1))
    mask = data.draw(st.integers(1, 255))
    flipped = bytearray(lines[number])
    flipped[place] ^= mask
    lines[number] = bytes(flipped)
    with pytest.raises(IntegrityError, match=f"event {number + 1} "):
        verify_chain(import_lines(lines))


@pytest.mark.parametrize("line", [b"[]\n", b'{"sequence":1}\n', b"[" * 100_000, b"null\n", b"\n"])
def test_lines_that_are_no_events_are_refused(line: bytes) -> None:
    """Nothing but an event is read from an export."""
    with pytest.raises(IntegrityError, match="event 1 is not readable"):
        list(import_lines([line]))


def test_a_line_spelled_otherwise_is_refused() -> None:
    """An export with other white space is not the export that was made."""
    line = canonical(ledger(1)[0].as_json()).replace(b",", b", ", 1) + b"\n"
    with pytest.raises(IntegrityError, match="differs from the format"):
        list(import_lines([line]))


STORED = {"sequence": 3, "digest": "a" * 64, "at": NOON}


def test_a_checkpoint_is_stored_whole() -> None:
    """A checkpoint is stored with sequence number, digest and time, and read back as it was."""
    assert Checkpoint.from_json(STORED) == Checkpoint(3, "a" * 64, NOON)
    for stored in (STORED, {**STORED, "sequence": 0}):
        assert Checkpoint.from_json(stored).as_json() == stored


@pytest.mark.parametrize(
    "changes",
    [
        {"sequence": "3"},
        {"sequence": -1},
        {"digest": 7},
        {"digest": "A" * 64},
        {"at": None},
        {"also": "this"},
    ],
)
def test_a_malformed_checkpoint_is_refused(changes: dict[str, object]) -> None:
    """What is not a checkpoint, and no more than one, pins nothing."""
    for stored in ({**STORED, **changes}, list(STORED)):
        with pytest.raises(IntegrityError, match="checkpoint is malformed"):
            Checkpoint.from_json(stored)
