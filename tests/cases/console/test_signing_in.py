"""Signing in: the person's own key, the ledger's memory, and no hint for somebody who guesses."""

import pytest

from medicore.cases.proof.verify_ledger import verify_ledger
from medicore.console.sessions import TRIES, WITHIN_S
from medicore.records.ledger.ledger import NewEvent
from tests.cases.console.browser import alerts
from tests.cases.console.conftest import Desk
from tests.whole_house.people import tried_by, words

WRONG = "identifier or passphrase is wrong; five wrong passphrases in a row lock the person"


def test_whoever_signs_in_is_in_the_ledger(desk: Desk) -> None:
    """The event is signed by the person."""
    desk.browser("rita")
    event = [*desk.whole.house.ledger.events(action="session.opened")][-1]
    assert (event.actor, event.role, event.subject) == ("rita", "reviewer", "rita")
    assert event.details["envelope"]


@pytest.mark.parametrize(
    ("person", "passphrase"),
    [
        ("rita", "wrong"),
        ("nobody", "wrong"),
        ("medicore", "wrong"),
        ("../rita", "wrong"),
        ("", ""),
        ("rita", ""),
    ],
)
def test_a_refusal_says_nothing_about_people(desk: Desk, person: str, passphrase: str) -> None:
    """An unknown person and a wrong passphrase read alike, and open nothing."""
    browser = desk.browser()
    answer = browser.sign_in(person, passphrase)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    if person != "medicore":
        assert alerts(answer) == [WRONG]
    assert browser.get("/").status_code == 303


def test_five_wrong_passphrases_lock(desk: Desk) -> None:
    """As with every signature: the right passphrase then opens nothing, and the ledger says who was guessed at."""
    browser = desk.browser()
    for _ in range(5):
        browser.sign_in("rita", "wrong")
    answer = browser.sign_in("rita", words("rita"))
    assert answer.status_code == 403
    assert alerts(answer)[0].startswith("rita is locked after 5 wrong passphrases")
    refused = [*desk.whole.house.ledger.events(action="session.refused")]
    assert [tried_by(event) for event in refused] == ["rita"] * 6
    assert [*desk.whole.house.ledger.events(action="person.locked")]


def test_signing_in_starts_the_count_again(desk: Desk) -> None:
    """Four slips now and four next week lock nobody."""
    browser = desk.browser()
    for _ in range(2):
        for _ in range(4):
            browser.sign_in("rita", "wrong")
        desk.seconds += WITHIN_S
        answer = browser.sign_in("rita", words("rita"))
        assert answer.status_code == 303, alerts(answer)


def test_guessing_is_slow(desk: Desk) -> None:
    """After ten refusals within a minute everybody waits, and nothing more is written."""
    browser = desk.browser()
    for number in range(TRIES):
        browser.sign_in(f"guess{number}", "wrong")
    before = desk.whole.house.ledger.head()
    assert browser.sign_in("rita", words("rita")).status_code == 429
    assert desk.whole.house.ledger.head() == before
    desk.seconds += WITHIN_S
    assert browser.sign_in("rita", words("rita")).status_code == 303


def test_a_revoked_person_is_told_so(desk: Desk) -> None:
    """Somebody whose key is no longer in force signs in no more."""
    desk.whole.clock.pass_days(366)
    answer = desk.browser().sign_in("rita", words("rita"))
    assert answer.status_code == 403
    assert alerts(answer)[0].startswith("the key of rita is valid from")


@pytest.mark.parametrize(
    ("actor", "role", "copied"),
    [("rita", "reviewer", False), ("quinn", "quality", True), ("rita", "quality", True)],
)
def test_a_session_that_nobody_opened_is_found(desk: Desk, actor: str, role: str, copied: bool) -> None:
    """An event without the person's signature, or with that of another event, fails the proof of the ledger."""
    desk.browser("rita")
    ledger = desk.whole.house.ledger
    assert not verify_ledger(desk.whole.house).failed
    opened = [*ledger.events(action="session.opened")][-1]
    ledger.append(
        NewEvent(actor, role, "session.opened", actor, opened.reason, opened.details if copied else {})
    )
    found = verify_ledger(desk.whole.house).failed
    assert "sessions of the console" in [check.subject for check in found]
