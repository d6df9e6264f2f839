"""The review of the audit trail in the console: quality signs what part was read, and what was found."""

import pytest

from tests.cases.console.browser import alerts, words_of
from tests.cases.console.conftest import Desk
from tests.whole_house.people import words

PAGE = "/ledger/review"


def test_quality_reviews_a_part_of_the_trail(desk: Desk) -> None:
    """The form offers what nobody reviewed; the signed act is in the ledger, whose page then tells of the rest."""
    browser = desk.browser("quinn")
    ledger = desk.whole.house.ledger
    assert f'href="{PAGE}"' in browser.get("/ledger").text
    shown = browser.get(PAGE).text
    assert 'name="first" value="1"' in shown
    assert f'name="last" value="{ledger.head()[0]}"' in shown
    answer = browser.act(PAGE, first="1", last="5", result="Complete", passphrase=words("quinn"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/ledger")
    (event,) = ledger.events(action="ledger.reviewed")
    assert (event.actor, event.reason, event.details["to"]) == ("quinn", "Complete", 5)
    assert "the last review was by quinn" in words_of(browser.get("/ledger"))
    assert 'name="first" value="6"' in browser.get(PAGE).text


def test_a_role_that_reviews_nothing_is_told_so(desk: Desk) -> None:
    """The ledger's page has no link for it, and the page no form."""
    browser = desk.browser("rita")
    assert f'href="{PAGE}"' not in browser.get("/ledger").text
    assert "does not review the audit trail" in words_of(browser.get(PAGE))
    assert "passphrase" not in browser.get(PAGE).text


@pytest.mark.parametrize(
    ("more", "status", "told"),
    [
        ({"passphrase": "wrong"}, 403, "the passphrase does not open the key of quinn"),
        ({"result": " "}, 403, "is empty"),
        ({"last": "99999"}, 409, "are not a part of the ledger"),
        ({"first": "x"}, 409, "expected a whole number"),
    ],
)
def test_a_review_wants_a_part_a_result_and_the_passphrase(
    desk: Desk, more: dict[str, str], status: int, told: str
) -> None:
    """A refusal is shown, what was typed stays but for the passphrase, and nothing is reviewed."""
    given = {"first": "1", "last": "5", "result": "All <b>complete</b>", "passphrase": words("quinn"), **more}
    answer = desk.browser("quinn").act(PAGE, **given)
    assert answer.status_code == status
    assert told in alerts(answer)[0]
    assert given["passphrase"] not in answer.text
    assert "<b>complete" not in answer.text
    assert not [*desk.whole.house.ledger.events(action="ledger.reviewed")]
