"""Every page of the console and a closed study: for each person who may not see, and for who may."""

import html
from collections.abc import Iterator
from pathlib import Path

import pytest

from medicore.cases.people.unblinding import unblind
from medicore.console.app import ROUTES
from medicore.records.identifiers import RunId
from tests.cases.blinding.conftest import (
    BLIND,
    CLOSED,
    CLOSED_RUN,
    HALTED,
    HALTED_RUN,
    PEOPLE,
    secrets,
)
from tests.cases.console.conftest import Desk
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, words

RUN_PAGE = "/runs/{study}/{month}/{number}"
OPEN = {
    "/", "/search", "/ledger", "/ledger/{sequence}", "/ledger/review", "/people", "/sign-in",
    "/studies/{study}/unblind",
    RUN_PAGE, f"{RUN_PAGE}/panel", f"{RUN_PAGE}/sign", f"{RUN_PAGE}/return",
}  # fmt: skip
"""What anybody may open, in which nothing compares arms."""
GUARDED = {f"{RUN_PAGE}/report", f"{RUN_PAGE}/report.pdf", f"{RUN_PAGE}/signed.pdf", f"{RUN_PAGE}/number"}
"""What shows results, and asks for a signature while they are closed."""
ACTS = {
    "/sign-in",
    "/sign-out",
    "/ledger/review",
    "/studies/{study}/unblind",
    *(f"{RUN_PAGE}/{act}" for act in ("number", "sign", "return", "seen", "follow", "proof", "changes")),
}
"""What is sent by a form."""
ASKED = {"sign": "?meaning=reject", "number": "?at=primary.estimate", "search": f"?q={CLOSED}"}


@pytest.fixture
def closed_desk(shut: WholeHouse, tmp_path: Path) -> Iterator[Desk]:
    """The console of the house with two closed studies."""
    made = Desk(shut, tmp_path)
    yield made
    made.console.close()


def places(path: str, run: str, last: int = 1) -> str:
    """Return the address of a page for a run, with what it is asked."""
    parts = dict(zip(("study", "month", "number"), run.split("/"), strict=True))
    return path.format(**parts, sequence=last) + ASKED.get(path.rsplit("/", 1)[-1], "")


def test_each_page_is_in_one_list() -> None:
    """A new page is either open or guarded; nobody can forget to say so."""
    read = {
        route.path for route in ROUTES if "POST" not in (route.methods or ()) and "{name}" not in route.path
    }
    sent = {route.path for route in ROUTES if "POST" in (route.methods or ())}
    assert read == OPEN | GUARDED
    assert not OPEN & GUARDED
    assert sent == ACTS


@pytest.mark.parametrize("person", PEOPLE)
def test_a_page_compares_no_arms(closed_desk: Desk, person: str) -> None:
    """Before a look is signed nobody sees a closed number in any page, the events of the ledger among them."""
    whole, browser = closed_desk.whole, closed_desk.browser(person)
    hidden = secrets(whole, CLOSED_RUN) | secrets(whole, HALTED_RUN)
    sequences = [event.sequence for run in (CLOSED_RUN, HALTED_RUN) for event in whole.events(run)]
    wanted = {places(path, run) for path in OPEN | GUARDED for run in (CLOSED_RUN, HALTED_RUN)}
    for place in sorted(wanted | {f"/ledger/{sequence}" for sequence in sequences}):
        answer = browser.get(place)
        assert answer.status_code in {200, 303, 403, 404, 409}, place
        text = html.unescape(answer.text).replace("\u2212", "-")
        assert [secret for secret in hidden if secret in text] == [], place
        assert "The effect is" not in text, place


@pytest.mark.parametrize("person", [one for one in BLIND if one != "ivan"])
def test_a_guarded_page_refuses(closed_desk: Desk, person: str) -> None:
    """Whoever may not see is told so in one line, and the refusal is an event; nothing is computed for them either."""
    browser, house = closed_desk.browser(person), closed_desk.whole.house
    for path in sorted(GUARDED):
        before = house.ledger.head()[0]
        answer = browser.get(places(path, CLOSED_RUN))
        assert answer.status_code == 403
        assert "may not see them" in answer.text
        assert "passphrase" not in answer.text
        (event,) = house.ledger.events(after=before)
        assert (event.action, event.subject, event.details["claimed"]) == ("closed.refused", CLOSED, person)
    compute = browser.act(f"/runs/{CLOSED_RUN}/number", at="primary.estimate")
    assert compute.status_code == 403
    assert browser.act(f"/runs/{CLOSED_RUN}/changes").status_code == 403


@pytest.mark.parametrize("person", ["bea", "uma"])
def test_who_may_see_signs_once_a_session(closed_desk: Desk, person: str) -> None:
    """The passphrase opens the run's pages until the session ends; a wrong one opens nothing, and another run stays closed."""
    whole, browser = closed_desk.whole, closed_desk.browser(person)
    asked = browser.get(f"/runs/{CLOSED_RUN}/report")
    assert (asked.status_code, "Passphrase of your key" in asked.text) == (403, True)
    wrong = browser.act(f"/runs/{CLOSED_RUN}/seen", passphrase="guessed it", back="/")
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (403, True)
    assert browser.get(f"/runs/{CLOSED_RUN}/report").status_code == 403
    seen = browser.act(
        f"/runs/{CLOSED_RUN}/seen", passphrase=words(person), back=f"/runs/{CLOSED_RUN}/report"
    )
    assert (seen.status_code, seen.headers["location"]) == (303, f"/runs/{CLOSED_RUN}/report")
    assert "The effect is" in browser.get(f"/runs/{CLOSED_RUN}/report").text
    number = browser.get(f"/runs/{CLOSED_RUN}/number?at=primary.estimate").text
    assert [secret for secret in secrets(whole, CLOSED_RUN) if secret in number.replace("\u2212", "-")] != []
    assert [event.actor for event in whole.house.ledger.events(action="closed.viewed")] == [person]
    assert browser.get(f"/runs/{HALTED_RUN}/report").status_code == 403
    assert closed_desk.browser(person).get(f"/runs/{CLOSED_RUN}/report").status_code == 403


def test_a_halt_is_told_without_its_numbers(closed_desk: Desk) -> None:
    """The panel and the form of a signature name the step; who signed to look sees the finding whole."""
    finding = closed_desk.whole.history(HALTED_RUN).findings[0]
    form = f"/runs/{HALTED_RUN}/sign?meaning=proceed&finding={finding.digest}"
    blind, eyes = closed_desk.browser("rita"), closed_desk.browser("uma")
    eyes.act(f"/runs/{HALTED_RUN}/seen", passphrase=words("uma"))
    for place in (f"/runs/{HALTED_RUN}/panel", form):
        assert "what it found is closed" in html.unescape(blind.get(place).text)
        assert html.escape(finding.message, quote=False) in eyes.get(place).text.replace(
            "&#39;", "'"
        ).replace("&#34;", '"')


def test_the_board_of_studies_says_until_when(closed_desk: Desk) -> None:
    """States and counts are there, the rest is closed; a search finds the study and none of its numbers."""
    browser = closed_desk.browser("ella")
    page = browser.get("/").text
    assert page.count("results closed until unblinded") == 2
    estimate = next(text for text in sorted(secrets(closed_desk.whole, CLOSED_RUN)) if len(text) == 6)
    assert CLOSED_RUN not in browser.get(f"/search?q={estimate}").text
    assert CLOSED_RUN in browser.get(f"/search?q={CLOSED}").text


def test_an_inspector_reads_one_study(closed_desk: Desk) -> None:
    """Each page that an inspector opens is an event; of another study no page, line, event or search hit is shown."""
    whole, browser = closed_desk.whole, closed_desk.browser("ivan")
    assert browser.get(f"/runs/{CLOSED_RUN}/panel").status_code == 200
    refused = browser.get(f"/runs/{HALTED_RUN}/panel")
    assert (refused.status_code, HALTED_RUN in refused.text) == (403, False)
    other = whole.events(HALTED_RUN)[0].sequence
    assert browser.get(f"/ledger/{other}").status_code == 404
    assert browser.get(f"/ledger/{whole.events(CLOSED_RUN)[0].sequence}").status_code == 200
    for place in ("/", "/ledger", f"/search?q={HALTED}"):
        assert HALTED_RUN not in browser.get(place).text, place
    assert CLOSED_RUN in browser.get("/").text
    noted = [*whole.house.ledger.events(action="page.opened")]
    assert [(one.actor, one.role, one.details["page"], one.details["shown"]) for one in noted][:2] == [
        ("ivan", "inspector", f"/runs/{CLOSED_RUN}/panel", True),
        ("ivan", "inspector", f"/runs/{HALTED_RUN}/panel", False),
    ]
    follow = browser.act(f"/runs/{CLOSED_RUN}/follow")
    assert (follow.status_code, closed_desk.console.following.busy(RunId.parse(CLOSED_RUN))) == (403, False)
    assert "Proof of" in browser.done(browser.act(f"/runs/{CLOSED_RUN}/proof")).text
    opened = len([*whole.house.ledger.events(action="page.opened")])
    closed_desk.browser("rita").get("/")
    assert len([*whole.house.ledger.events(action="page.opened")]) == opened


def test_an_inspectors_day_ends(closed_desk: Desk) -> None:
    """After the certificate's last day an inspector cannot sign in."""
    closed_desk.whole.clock.pass_days(366)
    answer = closed_desk.browser().sign_in("ivan", words("ivan"))
    assert answer.status_code == 403


def test_after_the_unblinding_pages_are_open(closed_desk: Desk) -> None:
    """Everybody reads the report, and no signature is asked for."""
    unblind(closed_desk.whole.house, actor("quinn", "The study has ended"), CLOSED)
    assert closed_desk.browser("ana").get(f"/runs/{CLOSED_RUN}/report").status_code == 200
