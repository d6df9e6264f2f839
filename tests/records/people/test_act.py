"""An act says what was done to a person, and its event says exactly that."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import IntegrityError, ReviewError
from medicore.records.canonical import canonical
from medicore.records.ledger.ledger import NewEvent, chain
from medicore.records.people.act import ENVELOPE, Act, declare, declare_for_authority, require_told
from medicore.records.people.people import Person, Role

NOON = "2025-04-01T12:00:00.000000Z"
OTTO = Person(
    identifier="otto",
    name="Otto Operator",
    role=Role.OPERATOR,
    fingerprint="a" * 64,
    valid_from="2025-01-01T00:00:00.000000Z",
    valid_until="2025-12-31T00:00:00.000000Z",
    certificate="",
)
ACT = declare(OTTO, "person.revoked", "rita", " Left the company ", {"fingerprint": "b" * 64}, NOON)


def told(act: Act = ACT, **changes: object) -> NewEvent:
    """Return the event that tells an act, with these parts changed."""
    details = {**act.details, ENVELOPE: "signed"}
    event = NewEvent(act.signer, act.role, act.action, act.subject, act.reason, details)
    return replace(event, **changes)  # type: ignore[arg-type]


@given(st.dictionaries(st.text(min_size=1), st.text() | st.integers(-9, 9)))
def test_payloads_give_the_act_back(details: dict[str, object]) -> None:
    """What was signed is read back as it was declared, whatever the details."""
    act = replace(ACT, details=details)
    assert Act.from_payload(act.payload()) == act


def test_the_signer_is_the_person() -> None:
    """An act carries name, role and certificate of its signer, and the reason without space at its ends."""
    assert (ACT.signer, ACT.printed_name, ACT.role, ACT.certificate) == (
        "otto",
        "Otto Operator",
        "operator",
        "a" * 64,
    )
    assert ACT.reason == "Left the company"


@pytest.mark.parametrize("reason", ["", "  ", "…", "a\u202eb"])
def test_an_act_needs_a_readable_reason(reason: str) -> None:
    """Without a reason that an inspector can read there is no act."""
    with pytest.raises(ReviewError, match="the reason"):
        declare(OTTO, "person.revoked", "rita", reason, {}, NOON)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        canonical({**json.loads(ACT.payload()), "more": 1}),
        canonical({**json.loads(ACT.payload()), "signed_at": "noon"}),
        canonical({**json.loads(ACT.payload()), "reason": 7}),
        json.dumps(json.loads(ACT.payload())).encode(),
    ],
)
def test_other_bytes_are_no_act(payload: bytes) -> None:
    """Bytes that are not, one by one, what an act gives are refused."""
    with pytest.raises(ReviewError, match="the signed bytes are"):
        Act.from_payload(payload)


def test_an_event_that_tells_the_act() -> None:
    """The event of an act holds it and its envelope, and nothing more."""
    assert require_told(ACT, chain(told(), NOON, None)) is ACT


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": "olga"},
        {"role": "quality"},
        {"action": "person.unlocked"},
        {"subject": "rosa"},
        {"reason": "Other"},
        {"details": {ENVELOPE: "signed"}},
        {"details": {**ACT.details, "more": 1, ENVELOPE: "signed"}},
    ],
)
def test_an_event_that_tells_otherwise(changes: dict[str, object]) -> None:
    """Whatever an event changes of what was signed is found."""
    with pytest.raises(IntegrityError, match="event 1 differs from what"):
        require_told(ACT, chain(told(**changes), NOON, None))


def test_the_authority_declares_acts_under_its_own_name() -> None:
    """An act of the authority names no person, has its certificate's fingerprint and needs a reason, too."""
    act = declare_for_authority("c" * 64, "person.unlocked", "otto", " Locked out ", {}, NOON)
    assert (act.signer, act.certificate, act.reason) == ("authority", "c" * 64, "Locked out")
    assert Act.from_payload(act.payload()) == act
    with pytest.raises(ReviewError):
        declare_for_authority("c" * 64, "person.unlocked", "otto", "  ", {}, NOON)
