"""A reviewer returns a run with comments: nothing of the run changes, and the requester is told."""

from typing import Any

import pytest

from medicore.cases.answers.notifying import tell_of_return
from medicore.cases.people.acting import Actor
from medicore.cases.proof.verify import verify
from medicore.cases.review.returning import return_run, returns_of
from medicore.errors import ReviewError
from medicore.records.identifiers import RunId
from tests.cases.console.browser import words_of
from tests.cases.console.conftest import Desk, desk  # noqa: F401 - a fixture
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, words
from tests.whole_house.study import FAILED_RUN, SOUND_RUN, WAITING_RUN

COMMENTS = "Say in the protocol why the two variances differ"


@pytest.mark.parametrize("run", [SOUND_RUN, WAITING_RUN])
def test_a_returned_run_stays_as_it_is(month: WholeHouse, run: str) -> None:
    """Its state and what it waits for are the same; the comments are a signed act that verify proves."""
    before = month.state(run)
    event = return_run(month.house, RunId.parse(run), actor("rita", COMMENTS))
    assert (month.state(run), event.action, event.reason) == (before, "run.returned", COMMENTS)
    told = returns_of(month.house, month.history(run))
    assert [(one["by"], one["comments"], one["sequence"]) for one in told] == [
        ("rita", COMMENTS, event.sequence)
    ]
    checks = {check.subject: check for check in verify(month.house, RunId.parse(run))}
    assert checks[f"act {event.sequence} by rita"].passed
    assert [check for check in checks.values() if not check.passed] == []


@pytest.mark.parametrize(
    ("run", "who", "comments", "told"),
    [
        (SOUND_RUN, "ana", COMMENTS, "ana has the role analyst, which may not return"),
        (SOUND_RUN, "otto", COMMENTS, "may not return"),
        (SOUND_RUN, "rita", " ", "the reason is empty"),
        (FAILED_RUN, "rita", COMMENTS, "expected one that waits for a decision"),
    ],
)
def test_who_may_not_return_is_refused(
    month: WholeHouse, run: str, who: str, comments: str, told: str
) -> None:
    """Another role, no comments and a run that waits for nobody are refused, and the refusal is an event."""
    with pytest.raises(ReviewError, match=told):
        return_run(month.house, RunId.parse(run), Actor(who, comments, words(who)))
    last = month.events(run)[-1]
    assert (last.action, last.details["meaning"], last.details["claimed"]) == (
        "decision.refused",
        "return",
        who,
    )


def test_nobody_returns_their_own_run(month: WholeHouse) -> None:
    """Who requested the run cannot comment on it as a reviewer."""
    month.house.ledger.head()
    history = month.history(SOUND_RUN)
    assert history.request.requester == "ana"
    month.run("TEST-SOUND", by="otto")
    run = month.runs("TEST-SOUND")[-1]
    with pytest.raises(ReviewError, match="may not return"):
        return_run(month.house, RunId.parse(run), actor("otto", COMMENTS))


def test_a_new_sealing_has_no_comments(month: WholeHouse) -> None:
    """What was said of a halt is history once the run went on; its events keep it."""
    return_run(month.house, RunId.parse(WAITING_RUN), actor("quinn", COMMENTS))
    month.proceed(WAITING_RUN)
    assert returns_of(month.house, month.history(WAITING_RUN)) == []
    assert "run.returned" in month.actions(WAITING_RUN)


def test_the_requester_is_told(month: WholeHouse) -> None:
    """The notice names run, requester and reviewer; the comments stay in the house."""
    return_run(month.house, RunId.parse(SOUND_RUN), actor("rita", COMMENTS))
    sent: list[Any] = []
    tell_of_return(month.house, RunId.parse(SOUND_RUN), lambda message: sent.append(message))
    assert sent[0]["text"] == f"{SOUND_RUN} was returned to ana with comments by rita"
    assert COMMENTS not in str(sent)


def test_the_console_returns_a_run(desk: Desk) -> None:  # noqa: F811 - the fixture
    """The form asks for comments and passphrase; then the panel shows the comments, also to the requester, and a notice is sent."""
    told: list[str] = []
    desk.console.tell = lambda _, run: told.append(str(run))
    rita, ana = desk.browser("rita"), desk.browser("ana")
    place = f"/runs/{SOUND_RUN}/return"
    assert "ana, who requested it, is told" in words_of(rita.get(place))
    wrong = rita.act(place, reason=COMMENTS, passphrase="guessed it")
    assert (wrong.status_code, COMMENTS in wrong.text, told) == (403, True, [])
    done = rita.act(place, reason=COMMENTS, passphrase=words("rita"))
    assert (done.status_code, told) == (303, [SOUND_RUN])
    for browser in (rita, ana):
        assert f"Returned by rita at 2025-04-01T06:00:00Z: {COMMENTS}" in words_of(
            browser.get(f"/runs/{SOUND_RUN}/panel")
        )
    assert ana.act(place, reason=COMMENTS, passphrase=words("ana")).status_code == 403
