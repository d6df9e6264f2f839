"""Unblinding in the console: quality alone, with a reason and their own passphrase; then everybody sees the results."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from medicore.cases.people.seeing import closed
from tests.cases.blinding.conftest import CLOSED, CLOSED_RUN, PEOPLE
from tests.cases.console.browser import alerts, words_of
from tests.cases.console.conftest import Desk
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import words

PAGE = f"/studies/{CLOSED}/unblind"


@pytest.fixture
def closed_desk(shut: WholeHouse, tmp_path: Path) -> Iterator[Desk]:
    """The console of the house with two closed studies."""
    made = Desk(shut, tmp_path)
    yield made
    made.console.close()


def test_quality_opens_a_study(closed_desk: Desk) -> None:
    """The board leads to the form, which says for whom and until when; the signed act opens the results for everybody."""
    quinn, rita = closed_desk.browser("quinn"), closed_desk.browser("rita")
    assert f'href="{PAGE}"' in quinn.get("/").text
    assert f'href="{PAGE}"' not in rita.get("/").text
    shown = words_of(quinn.get(PAGE))
    for told in ("closed until unblinded", "everybody, at once and for ever", "Quinn Quality", "(UTC)"):
        assert told in shown, told
    answer = quinn.act(PAGE, reason="The study has ended", passphrase=words("quinn"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    (event,) = closed_desk.whole.house.ledger.events(action="study.unblinded")
    assert (event.actor, event.subject, event.reason) == ("quinn", CLOSED, "The study has ended")
    assert rita.get(f"/runs/{CLOSED_RUN}/report").status_code == 200
    assert quinn.get(PAGE).status_code == 404
    assert quinn.act(PAGE, reason="Again", passphrase=words("quinn")).status_code == 404


@pytest.mark.parametrize("person", [one for one in PEOPLE if one != "quinn"])
def test_no_other_role_unblinds(closed_desk: Desk, person: str) -> None:
    """Whoever else sends the form, with their own right passphrase, is refused, and the study stays closed."""
    browser = closed_desk.browser(person)
    assert "does not unblind a study" in words_of(browser.get(PAGE))
    assert browser.act(PAGE, reason="Because", passphrase=words(person)).status_code == 403
    assert closed(closed_desk.whole.house, CLOSED) is not None


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"passphrase": "wrong"}, "the passphrase does not open the key of quinn"),
        ({"reason": " "}, "reason is empty"),
    ],
)
def test_an_unblinding_wants_passphrase_and_reason(
    closed_desk: Desk, more: dict[str, str], told: str
) -> None:
    """The refusal is shown and an event; what was typed as the reason stays, the passphrase does not."""
    given = {"reason": "The study has ended", "passphrase": words("quinn"), **more}
    answer = closed_desk.browser("quinn").act(PAGE, **given)
    assert answer.status_code == 403
    assert told in alerts(answer)[0]
    assert given["passphrase"] not in answer.text
    assert [*closed_desk.whole.house.ledger.events(action="closed.refused")]
    assert closed(closed_desk.whole.house, CLOSED) is not None
