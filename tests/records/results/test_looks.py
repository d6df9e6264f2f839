"""Looks as they are stored: what is written is read again, and the digests tell what is the same."""

import json

import pytest

from medicore.errors import IntegrityError
from medicore.records.results.looks import (
    Boundary,
    Claim,
    SeenAnswer,
    SeenEstimate,
    SeenHarm,
    SeenLook,
    answering_runs,
    delivered_digest,
    earlier_looks,
    looks_document,
    stored_number,
)
from medicore.records.results.results import Primary, document_section

PRIMARY = {
    "estimand": "ATE", "measure": "risk ratio", "unit": "", "scale": "logarithm", "n": 90, "estimate": 1.5,
    "standard_error": 0.25,
}  # fmt: skip
NUMBERS = SeenEstimate.of(Primary(document_section("results.json", dict(PRIMARY))), 1.6)
BOUNDARY = Boundary(float("inf"), 0.0, 0.25, 0.0)
HARMS = (
    SeenHarm("fall", "01", 3, 1, 2.5, 1.25, 1.5, 3.4, signal=False),
    SeenHarm("bleeding", "02", 0, 0, None, None, None, None, signal=False),
)
ANSWER = SeenAnswer(
    "S/2025-03/3", "5d" * 32, "boundary of alpha spending", "3.1", "2.9", "proceed", "It goes on", "rita", "Rita", "reviewer",
    "2025-04-02T10:00:00Z", 41,
)  # fmt: skip
LOOKS = (
    SeenLook("S/2025-01/1", "2025-01", "exploratory", "ab", None),
    SeenLook("S/2025-02/1", "2025-02", "sealed", "ab", NUMBERS),
    SeenLook(
        "S/2025-03/1", "2025-03", "halted", "cd", NUMBERS,
        Claim("alpha spending", "ef", BOUNDARY, float("-inf"), float("inf"), 1.0),
    ),
    SeenLook("S/2025-03/2", "2025-03", "halted", "cd", None, None, HARMS),
    SeenLook("S/2025-03/3", "2025-03", "sealed", "cd", NUMBERS, answers=(ANSWER,)),
)  # fmt: skip


def test_what_is_stored_is_read_again() -> None:
    """Unknown numbers, infinite boundaries and limits, and looks without a claim come back as they were."""
    stored = json.loads(json.dumps(looks_document("S/2025-04/1", "2025-04", "candidate", LOOKS)))
    assert earlier_looks(document_section("lock/looks.json", stored)) == LOOKS


def test_the_runs_whose_decisions_answer_are_told_with_the_event_that_was_read() -> None:
    """Of all earlier looks only the one with decisions answers, as the ledger stood at the look."""
    stored = json.loads(json.dumps(looks_document("S/2025-04/1", "2025-04", "candidate", LOOKS, 41)))
    assert answering_runs(document_section("lock/looks.json", stored)) == {"S/2025-03/3": 41}


def test_a_look_without_harms_tells_of_none() -> None:
    """What event and lock hold of a look that counted no harm is what they held before harms were counted."""
    assert "harms" not in LOOKS[2].details()
    assert [harm["name"] for harm in LOOKS[3].details()["harms"]] == ["fall", "bleeding"]


def test_decisions_on_a_look_are_in_the_lock_alone() -> None:
    """The event of a look tells none, for they come later; a lock of before there were any holds none."""
    assert all("answers" not in look.details() for look in LOOKS)
    assert ["answers" in look.as_json() for look in LOOKS] == [False] * 4 + [True]


def test_the_numbers_are_on_the_scale_of_inference() -> None:
    """Of a ratio the logarithm is stored; information is 1/SE²; another n is another estimate."""
    assert NUMBERS.estimate == pytest.approx(0.405465108)
    assert NUMBERS.information == 16
    other = SeenEstimate(91, NUMBERS.estimate, NUMBERS.standard_error, NUMBERS.z, NUMBERS.question)
    assert other.digest != NUMBERS.digest
    kg = SeenEstimate.of(Primary(document_section("results.json", {**PRIMARY, "unit": "kg"})), 1.6)
    assert kg.question != NUMBERS.question


def test_the_delivery_is_told_by_its_files_alone() -> None:
    """What a lock stores of earlier runs, and its manifest, change nothing: the same files are the same delivery."""
    files = {"lock/raw/a.csv": "1", "lock/raw/b.csv": "2"}
    one = delivered_digest(files | {"lock/looks.json": "x", "lock/transfer.json": "y"})
    assert one == delivered_digest({**dict(reversed(files.items())), "lock/estimate.json": "z"})
    assert one != delivered_digest(files | {"lock/raw/a.csv": "3"})


def test_a_damaged_look_is_told_with_its_place() -> None:
    """A look that lacks its boundary is none."""
    stored = looks_document("S/2025-04/1", "2025-04", "candidate", LOOKS)
    del stored["earlier"][2]["claim"]["boundary"]["kept"]
    with pytest.raises(IntegrityError, match=r"earlier 3, claim, boundary has no true or false 'kept'"):
        earlier_looks(document_section("lock/looks.json", stored))


@pytest.mark.parametrize(
    ("value", "stored"), [(2, 2.0), (0.25, 0.25), (float("inf"), "inf"), (float("-inf"), "-inf")]
)
def test_a_number_is_stored_as_json_has_it(value: float, stored: float | str) -> None:
    """Infinity is a text, and every other number is itself."""
    assert stored_number(value) == stored
    assert type(stored_number(value)) is type(stored)
