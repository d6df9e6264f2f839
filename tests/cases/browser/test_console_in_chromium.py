"""The console in a real browser, as reviewers, requesters and inspectors use it: by mouse, by keyboard and on a phone."""

from typing import TYPE_CHECKING

from medicore.cases.run.runs import sealed_commit
from medicore.cases.run.seal import read_results
from medicore.console.sessions import IDLE_S
from medicore.records.identifiers import RunId
from tests.cases.browser.served import Visitors, give, sign
from tests.whole_house.people import words
from tests.whole_house.study import SOUND, SOUND_RUN, WAITING, WAITING_RUN

if TYPE_CHECKING:
    from playwright.sync_api import FrameLocator, Page

_FOCUSED = """() => {
  let at = document.activeElement;
  while (at && at.tagName === "IFRAME") at = at.contentDocument.activeElement;
  return at ? at.name || at.textContent.trim() : "";
}"""


def panel_of(page: "Page") -> "FrameLocator":
    """Return the frame beside the report."""
    return page.frame_locator("iframe[name=panel]")


def decisions(people: Visitors, run: str) -> int:
    """Return how many decisions on a run the ledger holds."""
    return len([*people.whole.house.ledger.events(subject=run, action="decision.signed")])


def test_a_halted_run_is_released_by_clicks(people: Visitors) -> None:
    """From the board to its findings, each accepted, continued, approved, released, and the signed PDF opens."""
    page = people.signed_in("rita")
    page.get_by_role("link", name=WAITING, exact=True).click()
    panel = panel_of(page)
    for number in range(1, len(people.whole.history(WAITING_RUN).findings) + 1):
        panel.get_by_role("link", name="Accept this finding").first.click()
        sign(panel, words("rita"))
        panel.get_by_text("Proceed, signed by Rita Reviewer").nth(number - 1).wait_for()
        if panel.get_by_text("The decisions are being carried out").count():
            break
    panel.get_by_role("link", name="Approve and release").click()
    sign(panel, words("rita"))
    panel.get_by_text("archived", exact=True).wait_for()
    page.reload()
    with page.expect_response("**/signed.pdf") as answer:
        page.get_by_role("link", name="Signed PDF").click()
    assert answer.value.headers["content-type"] == "application/pdf"
    assert decisions(people, WAITING_RUN) == 3


def test_a_number_leads_to_its_origin_and_is_computed_again(people: Visitors) -> None:
    """A click in the report opens the origin beside it; the recorded code computes the same number from the frozen data."""
    page = people.signed_in("ana")
    page.goto(f"/runs/{SOUND_RUN}")
    page.frame_locator("iframe[name=report]").locator("a.number").first.click()
    panel = panel_of(page)
    panel.get_by_role("button", name="Compute again now").click()
    panel.get_by_text("Bit-identical").wait_for()


def test_a_printed_number_is_searched_for(people: Visitors) -> None:
    """Typed as the report prints it, the estimate leads to its place in the run."""
    run = RunId.parse(SOUND_RUN)
    results = read_results(people.whole.house, run, sealed_commit(people.whole.house, run))
    page = people.signed_in("ana")
    page.get_by_label("A number, a run or a study").fill(f"{results.primary.estimate:.3f}")
    page.keyboard.press("Enter")
    page.get_by_role("row").filter(has_text="primary.estimate").get_by_role("link", name=SOUND_RUN).click()
    panel_of(page).get_by_text("primary.estimate").first.wait_for()


def test_five_wrong_passphrases_lock(people: Visitors) -> None:
    """The sixth time the right passphrase opens nothing either, and the page says why."""
    page = people.signed_in("rita")
    page.goto(f"/runs/{SOUND_RUN}/sign?meaning=approve")
    for _ in range(5):
        sign(page, "a wrong one")
        page.get_by_role("alert").filter(has_text="does not open the key").wait_for()
    sign(page, words("rita"))
    page.get_by_role("alert").filter(has_text="rita is locked").wait_for()
    assert decisions(people, SOUND_RUN) == 0


def test_the_requester_cannot_approve(people: Visitors) -> None:
    """The page offers nothing to sign, and a form that is opened by its address is refused."""
    page = people.signed_in("ana")
    page.goto(f"/runs/{SOUND_RUN}")
    panel_of(page).get_by_text("You requested this run; somebody else decides on it.").wait_for()
    assert panel_of(page).get_by_role("link", name="Approve").count() == 0
    page.goto(f"/runs/{SOUND_RUN}/sign?meaning=approve")
    sign(page, words("ana"))
    page.get_by_role("alert").filter(has_text="expected the decision of another person").wait_for()
    assert decisions(people, SOUND_RUN) == 0


def test_a_session_that_rests_ends(people: Visitors) -> None:
    """The next click leads to the form for signing in, and that leads to the page which was asked for."""
    page = people.signed_in("rita")
    people.desk.seconds += IDLE_S + 1
    page.get_by_role("link", name="People").click()
    page.get_by_role("heading", name="MediCore console").wait_for()
    give(page, "rita")
    page.get_by_role("heading", name="People").wait_for()


def test_two_tabs_make_one_decision(people: Visitors) -> None:
    """The same form in a second tab finds the decision that stands; after signing out in one tab, the other signs nothing."""
    first = people.signed_in("rita")
    second, third = (first.context.new_page() for _ in range(2))
    for tab in (first, second, third):
        tab.goto(f"/runs/{WAITING_RUN}/sign?meaning=reject")
    for tab in (first, second):
        sign(tab, words("rita"))
        tab.wait_for_url("**/panel")
    first.goto("/")
    first.get_by_role("button", name="Sign out").click()
    first.get_by_role("heading", name="MediCore console").wait_for()
    sign(third, words("rita"))
    third.get_by_role("heading", name="MediCore console").wait_for()
    assert decisions(people, WAITING_RUN) == 1


def test_going_back_signs_nothing_again(people: Visitors) -> None:
    """Back, forward and a reload after signing ask for pages; the passphrase is no longer in the form."""
    page = people.signed_in("rita")
    page.goto(f"/runs/{SOUND_RUN}/sign?meaning=approve")
    sign(page, words("rita"))
    page.wait_for_url("**/panel")
    page.go_back()
    page.reload()
    assert page.get_by_label("Passphrase").input_value() == ""
    page.go_forward()
    page.reload()
    assert decisions(people, SOUND_RUN) == 1


def test_the_keyboard_alone_signs(people: Visitors) -> None:
    """From the form for signing in to the decision every control is reached by a few Tabs and sent by Enter."""
    page = people.arrive()
    for text in ("rita", words("rita")):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{people.address}/")
    reach(page, SOUND)
    page.keyboard.press("Enter")
    panel_of(page).get_by_role("link", name="Approve and release").wait_for()
    reach(page, "To findings and decisions")
    page.keyboard.press("Enter")
    reach(page, "Approve and release …")
    page.keyboard.press("Enter")
    panel_of(page).get_by_label("Reason").wait_for()
    reach(page, "reason")
    page.keyboard.type("Read it by keyboard")
    page.keyboard.press("Tab")
    page.keyboard.type(words("rita"))
    page.keyboard.press("Enter")
    panel_of(page).get_by_text("Where it stands").wait_for()
    assert decisions(people, SOUND_RUN) == 1


def reach(page: "Page", wanted: str) -> None:
    """Press Tab until the control of a name, or with a text, has the focus, in whatever frame it is."""
    for _ in range(50):
        page.keyboard.press("Tab")
        if page.evaluate(_FOCUSED) == wanted:
            return
    raise AssertionError(f"{wanted} cannot be reached by Tab")
