"""A signature is told by one event: a copy of it in another is found, and so is a second one that anyone can make of it."""

import base64
import json
from dataclasses import replace

import pytest

from medicore.errors import IntegrityError
from medicore.records.canonical import canonical
from medicore.records.ledger.ledger import LedgerEvent, NewEvent, chain
from medicore.records.people.told_once import require_told_once, signature_in, signature_of, told_again

NOON = "2025-04-01T12:00:00.000000Z"
FIRST, SECOND, NEXT_MONTH = "TEST-A/2025-03/1", "TEST-A/2025-03/2", "TEST-A/2025-04/1"


def envelope(payload: str = "an act", r: bytes = b"\x11\x12", s: bytes = b"\x21\x22") -> str:
    """Return an envelope with an ECDSA signature of these two numbers, as an event tells it."""
    numbers = b"".join(b"\x02" + bytes([len(one)]) + one for one in (r, s))
    proof = base64.b64encode(b"\x30" + bytes([len(numbers)]) + numbers).decode()
    return base64.b64encode(canonical({"payload": payload, "signatures": [{"sig": proof}]})).decode()


def events(*told: tuple[str, str, object]) -> list[LedgerEvent]:
    """Return a ledger's events of these actions, subjects and envelopes."""
    held: list[LedgerEvent] = []
    for action, subject, signed in told:
        new = NewEvent("quinn", "quality", action, subject, "", {"envelope": signed})
        held.append(chain(new, NOON, held[-1] if held else None))
    return held


@pytest.mark.parametrize(
    ("told", "again"),
    [
        ([("archive.held", FIRST, envelope()), ("archive.held", FIRST, envelope(r=b"\x13"))], []),
        ([("archive.held", FIRST, envelope()), ("archive.held", FIRST, envelope("another"))], []),
        ([("archive.held", FIRST, envelope()), ("archive.held", FIRST, envelope())], [2]),
        ([("archive.held", FIRST, envelope()), ("archive.held", FIRST, envelope(s=b"\x23"))], [2]),
        ([("archive.held", FIRST, envelope()), ("archive.lifted", SECOND, envelope())], [2]),
        ([("run.requested", FIRST, envelope()), ("run.requested", "TEST-B/2025-03/1", envelope())], []),
        ([("run.requested", FIRST, envelope()), ("run.requested", SECOND, envelope())], [2]),
        ([("run.requested", FIRST, envelope()), ("run.requested", FIRST, envelope())], [2]),
        ([("run.requested", FIRST, envelope()), ("run.requested", NEXT_MONTH, envelope())], [2]),
        ([("run.requested", FIRST, envelope()), ("run.resumed", FIRST, envelope())], []),
        ([("run.resumed", FIRST, envelope()), ("run.requested", SECOND, envelope())], [2]),
        ([("checkpoint.signed", FIRST, envelope()), ("checkpoint.signed", FIRST, envelope())], []),
        ([("request.admitted", "requests", envelope()), ("run.requested", FIRST, envelope())], []),
        ([("request.admitted", "requests", envelope()), ("request.admitted", "requests", envelope())], []),
        ([("archive.held", FIRST, "no envelope"), ("archive.held", FIRST, "no envelope")], []),
        ([("archive.held", FIRST, 7), ("archive.held", FIRST, 7)], []),
    ],
)
def test_a_signature_counts_once(told: list[tuple[str, str, object]], again: list[int]) -> None:
    """A copy is found under any action; a request counts once for a study, and the run that it began may go on with it."""
    assert [event.sequence for event, _ in told_again(events(*told))] == again


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"payload": "x", "signatures": []}', b"\xff"])
def test_bytes_that_are_no_envelope_tell_no_signature(data: bytes) -> None:
    """What nobody could verify is no signature; another check names it."""
    assert signature_in(data) is None


def test_an_event_without_an_envelope_tells_no_signature() -> None:
    """A remark of the service tells none, and neither does an empty proof in an envelope."""
    (event,) = events(("archive.held", FIRST, envelope()))
    assert signature_of(replace(event, details={})) is None
    told = json.loads(base64.b64decode(envelope()))
    told["signatures"][0]["sig"] = ""
    assert signature_in(canonical(told)) is None


def test_both_events_are_named() -> None:
    """The error tells which event repeats which; one on another subject than the asked one is left to that subject."""
    held = events(("archive.held", FIRST, envelope()), ("archive.held", FIRST, envelope()))
    words = r"ledger event 2 \(archive.held\) tells again what quinn signed for event 1; expected a signature"
    with pytest.raises(IntegrityError, match=words):
        require_told_once(held)
    with pytest.raises(IntegrityError, match=words):
        require_told_once(held, about=FIRST)
    require_told_once(held, about=SECOND)
