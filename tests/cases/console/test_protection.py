"""What every request must satisfy: the console's own address, its own forms, somebody who has signed in."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from medicore.console.app import ROUTES
from medicore.console.protection import COOKIE, LARGEST, OPEN, POLICY, local
from medicore.console.sessions import IDLE_S, LONGEST_S
from tests.cases.console.browser import Browser
from tests.cases.console.conftest import Desk
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import words
from tests.whole_house.study import SOUND_RUN


@pytest.fixture(scope="module")
def desk(kept_month: WholeHouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One console for all of these tests: none of them changes a run."""
    folder = tmp_path_factory.mktemp("console")
    made = Desk(kept_month.copy(folder / "house"), folder)
    yield made
    made.console.close()


RUN = dict(zip(("study", "month", "number"), SOUND_RUN.split("/"), strict=True))
PLACES = [
    (method, route.path.format(**RUN, sequence=1, name="x"))
    for route in ROUTES
    for method in sorted((route.methods or set()) - {"HEAD"})
]
INSIDE = [(method, place) for method, place in PLACES if place not in OPEN]


def ask(browser: Browser, method: str, place: str, **headers: str) -> Any:
    """Ask for a page, or send an empty form to it."""
    return browser.get(place, **headers) if method == "GET" else browser.post(place, headers)


@pytest.mark.parametrize(("method", "place"), INSIDE)
def test_nothing_is_shown_to_somebody_who_has_not_signed_in(desk: Desk, method: str, place: str) -> None:
    """Every page and every act leads to the form for signing in."""
    answer = ask(desk.browser(), method, place)
    assert (answer.status_code, answer.content) == (303, b"")
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(("method", "place"), PLACES)
def test_a_name_that_was_pointed_here_is_refused(desk: Desk, method: str, place: str) -> None:
    """A page of another site cannot reach the console under its own name (DNS rebinding)."""
    browser = desk.browser("rita")
    answer = ask(browser, method, place, Host="evil.example:4280")
    assert answer.status_code == 421
    assert SOUND_RUN not in answer.text


@pytest.mark.parametrize("place", [place for method, place in PLACES if method == "POST"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:4280"])
def test_a_form_of_another_page_is_refused(desk: Desk, place: str, origin: str) -> None:
    """A form must come from the console, whoever has signed in."""
    browser = desk.browser("rita")
    answer = browser.post(place, {"Origin": origin}, token=browser.token)
    assert (answer.status_code, answer.text) == (
        403,
        "the form came from another page; open the console and try again there\n",
    )


@pytest.mark.parametrize("place", [place for method, place in INSIDE if method == "POST"])
@pytest.mark.parametrize("token", ["", "x"])
def test_a_form_without_the_sessions_token_is_refused(desk: Desk, place: str, token: str) -> None:
    """A form of an earlier session, or one that somebody made up, does nothing."""
    before = desk.whole.house.ledger.head()
    browser = desk.browser("rita")
    signed_in = desk.whole.house.ledger.head()
    assert browser.post(place, token=token).status_code == 403
    assert desk.whole.house.ledger.head() == signed_in != before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_two_methods_are_known(desk: Desk, method: str) -> None:
    """Pages are read and forms are sent; there is nothing else."""
    assert desk.browser("rita")._ask(method, "/", None, {}).status_code == 405


def test_a_form_has_a_size_and_a_kind(desk: Desk) -> None:
    """A form that is too large, or no form, is refused before it is read."""
    browser = desk.browser("rita")
    large = browser.post("/sign-out", token=browser.token, reason="x" * LARGEST)
    kind = browser.post("/sign-out", {"Content-Type": "multipart/form-data; boundary=x"})
    assert (large.status_code, kind.status_code) == (413, 415)


@pytest.mark.parametrize("place", ["/", "/sign-in", "/nothing", f"/runs/{SOUND_RUN}/panel", "/ledger/999999"])
def test_every_answer_forbids_scripts_and_frames_of_others(desk: Desk, place: str) -> None:
    """The browser is told so with each page, one that reports an error included, and no page has a script."""
    answer = desk.browser("rita").get(place)
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<script" not in answer.text
    assert " on" not in " ".join(part.split(">")[0] for part in answer.text.split("<") if " on" in part)


def test_the_report_keeps_its_own_style_and_no_more(desk: Desk) -> None:
    """The rendition holds its style itself; for scripts, forms and other places its policy is as strict."""
    policy = desk.browser("rita").get(f"/runs/{SOUND_RUN}/report").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "frame-ancestors 'self'" in policy


def test_the_cookie_is_no_scripts_business(desk: Desk) -> None:
    """It is the browser's alone, for this site alone, and says nothing."""
    browser = desk.browser()
    told = browser.sign_in("rita", words("rita")).headers["set-cookie"]
    assert told.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(told.split("; "))
    assert "rita" not in told
    assert len(told.split(";")[0]) > 40


@pytest.mark.parametrize(("pause", "times", "stays"), [(IDLE_S, 1, True), (IDLE_S + 1, 1, False)])
def test_a_session_ends_when_it_rests(desk: Desk, pause: float, times: int, stays: bool) -> None:
    """After a quarter of an hour without a request the person signs in again."""
    browser = desk.browser("rita")
    for _ in range(times):
        desk.seconds += pause
    assert (browser.get("/").status_code == 200) is stays


def test_a_session_ends_at_last(desk: Desk) -> None:
    """However busy it is, it ends after half a day."""
    browser = desk.browser("rita")
    for _ in range(LONGEST_S // IDLE_S):
        desk.seconds += IDLE_S
        assert browser.get("/").status_code == 200
    desk.seconds += IDLE_S
    assert browser.get("/").status_code == 303


def test_signing_out_ends_the_session(desk: Desk) -> None:
    """The cookie opens nothing any more, even for whoever kept it."""
    browser = desk.browser("rita")
    kept = dict(browser.cookies)
    assert browser.act("/sign-out").headers["location"] == "/sign-in"
    assert Browser(desk.app, kept).get("/").status_code == 303


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "http://evil.example", "/\\evil.example", "javascript:x", "/a\nb", ""]
)
def test_signing_in_leads_nowhere_else(desk: Desk, elsewhere: str) -> None:
    """The page to go back to is one of the console."""
    answer = desk.browser().post("/sign-in", person="rita", passphrase=words("rita"), next=elsewhere)
    assert answer.headers["location"] == "/" == local(elsewhere)


def test_a_websocket_is_closed(desk: Desk) -> None:
    """The console has none."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        await asyncio.sleep(0)
        sent.append(message)

    asyncio.run(desk.app({"type": "websocket", "path": "/"}, None, send))  # type: ignore[arg-type]
    assert [message["type"] for message in sent] == ["websocket.close"]
