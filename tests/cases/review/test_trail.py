"""An audit-trail review is a signed act about a part of the ledger; what nobody reviewed is told."""

from collections.abc import Mapping
from typing import Any

import pytest

from medicore.cases.people.acting import Actor
from medicore.cases.review.trail import in_words, review_trail, reviews_check, unreviewed
from medicore.errors import ProtocolError, ReviewError
from medicore.records.ledger.ledger import NewEvent
from tests.cases.console.browser import words_of
from tests.cases.console.conftest import Desk, desk  # noqa: F401 - a fixture
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, words

CLEAN = "Every change has a reason; no refusal needs an answer"


def parts(whole: WholeHouse) -> list[list[int]]:
    """Return the parts of the ledger that nobody reviewed."""
    found: list[list[int]] = unreviewed(whole.house)["not_reviewed"]
    return found


def test_what_nobody_reviewed_is_told(month: WholeHouse) -> None:
    """All events before the first review; then the gaps and what came since, in order, however the parts overlap."""
    head = month.house.ledger.head()[0]
    assert parts(month) == [[1, head]]
    assert "it was never reviewed" in in_words(unreviewed(month.house))
    event = review_trail(month.house, actor("quinn", CLEAN), 10, 20)
    assert (event.action, event.subject, event.reason) == ("ledger.reviewed", "ledger", CLEAN)
    assert parts(month) == [[1, 9], [21, head + 1]]
    review_trail(month.house, actor("quinn", CLEAN), 1, 12)
    review_trail(month.house, actor("quinn", CLEAN), 15, 16)
    assert parts(month) == [[21, head + 3]]
    review_trail(month.house, actor("quinn", CLEAN), 21, head + 3)
    found = unreviewed(month.house)
    assert (found["not_reviewed"], found["events"]) == ([[head + 4, head + 4]], 1)
    assert (found["last_review"]["by"], found["last_review"]["result"]) == ("quinn", CLEAN)
    assert f"1 event(s) not reviewed ({head + 4})" in in_words(found)
    assert "the last review was by quinn on 2025-04-01" in in_words(found)
    assert reviews_check(month.house).passed


@pytest.mark.parametrize(("first", "last"), [(0, 5), (6, 5), (1, 10_000)])
def test_a_part_that_is_none_is_refused(month: WholeHouse, first: int, last: int) -> None:
    """A review is about events that the ledger holds."""
    with pytest.raises(ProtocolError, match="are not a part of the ledger"):
        review_trail(month.house, actor("quinn", CLEAN), first, last)


@pytest.mark.parametrize(
    ("who", "result", "told"), [("rita", CLEAN, "may not audit"), ("quinn", " ", "is empty")]
)
def test_who_may_not_review_is_refused(month: WholeHouse, who: str, result: str, told: str) -> None:
    """Quality alone reviews, and says with what result; a refusal is an event, and the part stays open."""
    with pytest.raises(ReviewError, match=told):
        review_trail(month.house, Actor(who, result, words(who)), 1, 5)
    (event,) = month.house.ledger.events(action="person.refused")
    assert event.details["action"] == "ledger.reviewed"
    assert parts(month)[0][0] == 1


@pytest.mark.parametrize(
    "changed", [{"to": 30}, {"from": 1, "envelope": ""}, {"digest": "0" * 64}, {"to": 10_000}]
)
def test_a_forged_review_is_named(month: WholeHouse, changed: Mapping[str, Any]) -> None:
    """Another part than was signed, or no signature: the check names the event, and nobody is told that the part was reviewed."""
    event = review_trail(month.house, actor("quinn", CLEAN), 10, 20)
    details = {**event.details, **changed}
    if not details["envelope"]:
        del details["envelope"]
    forged = NewEvent("quinn", "quality", event.action, event.subject, event.reason, details)
    sequence = month.house.ledger.append(forged).sequence
    check = reviews_check(month.house)
    assert (check.passed, f"event {sequence}" in check.found) == (False, True)
    assert parts(month) == [[1, 9], [21, sequence]]


def test_the_console_shows_what_nobody_reviewed(desk: Desk) -> None:  # noqa: F811 - the fixture
    """The page of the ledger says it above the events."""
    assert "it was never reviewed" in words_of(desk.browser("otto").get("/ledger"))
    review_trail(desk.whole.house, actor("quinn", CLEAN), 1, 20)
    assert "the last review was by quinn" in words_of(desk.browser("otto").get("/ledger"))
