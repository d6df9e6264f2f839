"""A statement that exists is well formed, and no byte of it is idle."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicore.errors import IntegrityError, ReviewError
from medicore.records.people.decision import (
    MOST_REASON,
    Meaning,
    Statement,
    meaning_named,
    state,
)
from medicore.records.people.people import Person, Role

RUN = "MED-2024-0147/2025-03/1"
NOON = "2025-04-01T12:00:00.000000Z"
FINDING = "f" * 64
DIGESTS = {
    "report.pdf": "1" * 64,
    "results.json": "2" * 64,
    "extract.parquet": "3" * 64,
    "protocol.json": "4" * 64,
    "code": "5" * 40,
    "requirements.lock": "6" * 64,
}
RITA = Person(
    identifier="rita",
    name="Dr Rita Reviewer",
    role=Role.REVIEWER,
    fingerprint=hashlib.sha256(b"rita").hexdigest(),
    valid_from="2025-01-01T00:00:00.000000Z",
    valid_until="2025-12-31T00:00:00.000000Z",
    certificate=base64.b64encode(b"rita").decode(),
)


def decide(person: Person = RITA, **changes: Any) -> Statement:
    """Return Rita's approval of the run, with these parts changed."""
    parts: dict[str, Any] = {
        "run": RUN,
        "digests": DIGESTS,
        "finding": None,
        "meaning": "approve",
        "reason": "The balance is good and the result is plausible.",
        "signed_at": NOON,
    }
    return state(person, **{**parts, **changes})


APPROVAL = decide()
OVERRIDE = decide(meaning="proceed", finding=FINDING)


def test_statement_takes_the_signer_from_the_ledger() -> None:
    """Printed name, role and certificate are the person's, not what someone typed (21 CFR 11.50(a))."""
    assert (APPROVAL.signer, APPROVAL.printed_name, APPROVAL.role, APPROVAL.certificate) == (
        "rita",
        "Dr Rita Reviewer",
        "reviewer",
        RITA.fingerprint,
    )


def test_statement_has_the_frame_of_in_toto() -> None:
    """Subjects carry SHA-256, the commit is named as git's, and the meaning is in the predicate."""
    told = APPROVAL.as_json()
    assert told["_type"] == "https://in-toto.io/Statement/v1"
    assert {"name": "code", "digest": {"gitCommit": "5" * 40}} in told["subject"]
    assert {"name": "report.pdf", "digest": {"sha256": "1" * 64}} in told["subject"]
    assert (told["predicate"]["meaning"], told["predicate"]["signed_at"]) == ("approve", NOON)


@pytest.mark.parametrize("statement", [APPROVAL, OVERRIDE, decide(meaning="reject", finding=FINDING)])
def test_signed_bytes_give_the_statement_back(statement: Statement) -> None:
    """What is read from the signed bytes is the statement that was signed."""
    assert Statement.from_payload(statement.payload()) == statement


def read(payload: bytes) -> Statement | None:
    """Return the statement in signed bytes, None where there is none."""
    try:
        return Statement.from_payload(payload)
    except ReviewError:
        return None


@given(st.data())
def test_a_changed_byte_is_another_statement_or_none(data: st.DataObject) -> None:
    """No byte of the signed text is idle: changed, it says something else or is refused."""
    altered = bytearray(OVERRIDE.payload())
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= data.draw(st.integers(1, 255))
    assert read(bytes(altered)) != OVERRIDE


def told(change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return the approval's signed bytes after a change to what they say."""
    found = APPROVAL.as_json()
    change(found)
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"null",
        b"[" * 100_000,
        b"\xff",
        told(lambda found: found.pop("predicate")),
        told(lambda found: found["predicate"].pop("reason")),
        told(lambda found: found["predicate"].update(also="this")),
        told(lambda found: found["predicate"].update(reason=7)),
        told(lambda found: found["predicate"].update(run=7)),
        told(lambda found: found["predicate"].update(certificate=7)),
        told(lambda found: found["predicate"].update(signed_at="noon")),
        told(lambda found: found["subject"][0].update(digest={})),
    ],
)
def test_other_bytes_are_no_decision(payload: bytes) -> None:
    """Signed bytes that are not a decision of this version are refused."""
    with pytest.raises(ReviewError):
        Statement.from_payload(payload)


@pytest.mark.parametrize(
    "payload",
    [
        told(lambda found: found.update(also="this")),
        told(lambda found: found.update(predicateType="https://slsa.dev/provenance/v1")),
        told(lambda found: found["subject"][0]["digest"].update(sha512="0")),
        APPROVAL.payload().replace(b",", b", ", 1),
    ],
)
def test_bytes_that_say_more_are_refused(payload: bytes) -> None:
    """Nothing can be added to a decision, not even white space."""
    with pytest.raises(ReviewError, match="differ from the decision"):
        Statement.from_payload(payload)


@pytest.mark.parametrize("reason", ["", "  ", "\t\n", "...", "\u200b\u2060", "—"])
def test_an_empty_reason_is_refused(reason: str) -> None:
    """A decision says why, in a word at least; blanks and invisible characters are no reason."""
    with pytest.raises(ReviewError, match="reason is empty"):
        decide(reason=reason)


@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\u202e", "\ud800", "\r"])
def test_a_reason_that_could_deceive_is_refused(letter: str) -> None:
    """Control characters, direction marks and halves of characters do not reach a signature."""
    with pytest.raises(ReviewError, match="cannot be printed"):
        decide(reason=f"fine {letter} enough")


def test_a_reason_may_be_written_in_any_script() -> None:
    """Line ends and the joiners of Persian and Indic scripts belong to texts."""
    reason = "می\u200cخواهم\nक्\u200dष"
    assert Statement.from_payload(decide(reason=reason).payload()).reason == reason


def test_a_reason_has_its_length() -> None:
    """A reason of 2,000 characters is taken, a longer one is refused."""
    assert len(decide(reason="x" * MOST_REASON).reason) == MOST_REASON
    with pytest.raises(ReviewError, match="2001 characters"):
        decide(reason="x" * (MOST_REASON + 1))


def test_a_reason_loses_its_outer_blanks() -> None:
    """The reason is kept without the blanks around it."""
    assert decide(reason="  It is right.\n").reason == "It is right."


@pytest.mark.parametrize("meaning", ["", "Approve", "maybe", "approve "])
def test_an_unknown_meaning_is_refused(meaning: str) -> None:
    """A signature means proceed, approve or reject."""
    with pytest.raises(ReviewError, match="unknown; expected proceed, approve, reject"):
        decide(meaning=meaning)


def test_meanings_have_names() -> None:
    """A meaning is found by its name."""
    assert meaning_named("proceed") is Meaning.PROCEED


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"meaning": "proceed"}, "names no finding"),
        ({"finding": FINDING}, "'approve' names a finding"),
        ({"meaning": "proceed", "finding": "F" * 64}, "digest of the finding"),
        ({"digests": {}}, "has no subject"),
        ({"digests": {"report.pdf": "1" * 63}}, r"'report\.pdf' is malformed"),
        ({"digests": {"": "1" * 64}}, "'' is malformed"),
        ({"run": "MED-2024-0147"}, "has no valid run"),
        ({"person": replace(RITA, fingerprint="")}, "fingerprint"),
    ],
)
def test_a_malformed_decision_is_refused(changes: dict[str, Any], message: str) -> None:
    """A statement that exists is well formed."""
    with pytest.raises(ReviewError, match=message):
        decide(**changes)


def test_a_malformed_time_is_refused() -> None:
    """A decision is signed at a moment in UTC."""
    with pytest.raises(IntegrityError, match="malformed"):
        decide(signed_at="2025-04-01")


@pytest.mark.parametrize("digests", [(("b", "1" * 64), ("a", "1" * 64)), (("a", "1" * 64), ("a", "2" * 64))])
def test_subjects_have_one_order(digests: tuple[tuple[str, str], ...]) -> None:
    """Each subject is named once, in the order of the names."""
    with pytest.raises(ReviewError, match="each subject once"):
        replace(APPROVAL, digests=digests)
