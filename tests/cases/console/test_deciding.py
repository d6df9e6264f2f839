"""Deciding in a browser: the same rules, refusals and ledger as on the command line."""

import httpx
import pytest

from tests.cases.console.browser import Browser, alerts, words_of
from tests.cases.console.conftest import Desk
from tests.whole_house.people import words
from tests.whole_house.study import SOUND_RUN, WAITING_RUN


def sign(browser: Browser, run: str, meaning: str, by: str, **more: str) -> httpx.Response:
    """Send the form of a decision."""
    given = {"reason": "Looked at it and found it so", "passphrase": words(by), **more}
    return browser.act(f"/runs/{run}/sign", meaning=meaning, **given)


def test_the_form_says_what_is_signed(desk: Desk) -> None:
    """Run, signer, meaning, time with its zone and the digests that the signature binds to stand before the passphrase."""
    shown = words_of(desk.browser("rita").get(f"/runs/{SOUND_RUN}/sign?meaning=approve"))
    for told in (SOUND_RUN, "Rita Reviewer", "reviewer", "approve", "(UTC)", "report.pdf", "code commit"):
        assert told in shown, told


def test_a_report_is_approved(desk: Desk) -> None:
    """The decision is in the ledger, the browser is led to the run, and the release follows."""
    browser = desk.browser("rita")
    answer = sign(browser, SOUND_RUN, "approve", "rita")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/runs/{SOUND_RUN}/panel")
    (event,) = desk.whole.house.ledger.events(subject=SOUND_RUN, action="decision.signed")
    assert (event.actor, event.reason) == ("rita", "Looked at it and found it so")
    desk.whole.follow(SOUND_RUN)
    assert "archived" in words_of(browser.get(f"/runs/{SOUND_RUN}/panel"))


def test_sending_a_form_again_signs_nothing(desk: Desk) -> None:
    """Whoever goes back and sends it once more finds the decision that stands."""
    browser = desk.browser("rita")
    for _ in range(2):
        assert sign(browser, SOUND_RUN, "approve", "rita").status_code == 303
    assert len([*desk.whole.house.ledger.events(subject=SOUND_RUN, action="decision.signed")]) == 1


def test_findings_are_answered_one_by_one(desk: Desk) -> None:
    """The run continues when each has its answer; the panel shows who gave it."""
    browser = desk.browser("rita")
    findings = desk.whole.history(WAITING_RUN).findings
    for number, finding in enumerate(findings, start=1):
        assert sign(browser, WAITING_RUN, "proceed", "rita", finding=finding.digest).status_code == 303
        panel = words_of(browser.get(f"/runs/{WAITING_RUN}/panel"))
        assert panel.count("Proceed, signed by Rita Reviewer") == number
    assert desk.whole.follow(WAITING_RUN) is not None


@pytest.mark.parametrize(
    ("person", "more", "told"),
    [
        ("rita", {"passphrase": "wrong"}, "the passphrase does not open the key of rita"),
        ("rita", {"reason": ""}, "reason"),
        ("ana", {}, "expected the decision of another person"),
        ("otto", {}, "may not"),
    ],
)
def test_a_refusal_is_shown_and_recorded(desk: Desk, person: str, more: dict[str, str], told: str) -> None:
    """The reason that was typed stays, the passphrase does not, and the ledger holds the refusal."""
    answer = sign(desk.browser(person), SOUND_RUN, "approve", person, **more)
    assert answer.status_code == 403
    (alert,) = alerts(answer)
    assert told in alert
    assert words(person) not in answer.text
    assert [*desk.whole.house.ledger.events(subject=SOUND_RUN, action="decision.refused")]
    assert not [*desk.whole.house.ledger.events(subject=SOUND_RUN, action="decision.signed")]


def test_five_wrong_passphrases_lock_here_too(desk: Desk) -> None:
    """The sixth attempt fails with the right one."""
    browser = desk.browser("rita")
    for _ in range(5):
        sign(browser, SOUND_RUN, "approve", "rita", passphrase="wrong")
    (alert,) = alerts(sign(browser, SOUND_RUN, "approve", "rita"))
    assert "locked" in alert


def test_nobody_signs_for_another(desk: Desk) -> None:
    """The signer is whoever has signed in, whatever the form says."""
    answer = sign(desk.browser("quinn"), SOUND_RUN, "approve", "rita", person="rita", signer="rita")
    assert answer.status_code == 403


def test_what_was_decided_meanwhile_is_told(desk: Desk) -> None:
    """A run that no longer waits takes no other decision."""
    browser = desk.browser("rita")
    desk.whole.release(SOUND_RUN, "quinn")
    (alert,) = alerts(sign(browser, SOUND_RUN, "reject", "rita"))
    assert "expected one that waits for a decision" in alert


@pytest.mark.parametrize("asked", ["meaning=nonsense", "meaning=proceed&finding=abc", ""])
def test_a_form_for_nothing_is_not_shown(desk: Desk, asked: str) -> None:
    """A meaning or a finding that is none is told so."""
    assert desk.browser("rita").get(f"/runs/{WAITING_RUN}/sign?{asked}").status_code == 404
