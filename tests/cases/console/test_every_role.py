"""Every address of the console for every role: who is shown what, and who may send what; a role or page that is new fails here."""

from pathlib import Path

import pytest

from medicore.cases.people.people import Newcomer, add
from medicore.console.app import ROUTES
from medicore.records.people.people import Role
from tests.cases.console.conftest import Desk
from tests.whole_house.house import WholeHouse
from tests.whole_house.people import actor, issuance, words
from tests.whole_house.study import SOUND, SOUND_RUN, WAITING_RUN

PEOPLE = {
    "ana": Role.ANALYST,
    "rita": Role.REVIEWER,
    "quinn": Role.QUALITY,
    "otto": Role.OPERATOR,
    "bea": Role.BOARD,
    "ella": Role.EXECUTIVE,
    "ivan": Role.INSPECTOR,
}
RUN = "/runs/{study}/{month}/{number}"
PAGES = {
    "/": 200,
    "/sign-in": 200,
    "/search": 200,
    "/ledger": 200,
    "/ledger/review": 200,
    "/ledger/{sequence}": 200,
    "/people": 200,
    "/studies/{study}/unblind": 404,
    "/jobs/{name}": 404,
    RUN: 200,
    f"{RUN}/report": 200,
    f"{RUN}/report.pdf": 200,
    f"{RUN}/signed.pdf": 404,
    f"{RUN}/panel": 200,
    f"{RUN}/number": 200,
    f"{RUN}/sign": 200,
    f"{RUN}/return": 200,
}
"""What is shown of an open study that waits for approval, to every role; an inspector sees the ledger of their studies alone."""
EVERYBODY, DECIDERS, TEAM, QUALITY = "everybody", "deciders", "team", "quality"
ACTS = {
    "/sign-in": EVERYBODY,
    f"{RUN}/number": EVERYBODY,
    f"{RUN}/seen": EVERYBODY,
    f"{RUN}/proof": EVERYBODY,
    f"{RUN}/changes": EVERYBODY,
    f"{RUN}/return": DECIDERS,
    f"{RUN}/sign": DECIDERS,
    f"{RUN}/follow": TEAM,
    "/ledger/review": QUALITY,
    "/sign-out": EVERYBODY,
}
"""Who may send what, in the order in which it is tried; all others are refused."""
UNBLIND = "/studies/{study}/unblind"
"""Sent where a study is closed: tests/cases/blinding/test_unblinding_page.py."""
ALLOWED = {
    EVERYBODY: {*Role} - {Role.SERVICE},
    DECIDERS: {Role.REVIEWER, Role.QUALITY},
    QUALITY: {Role.QUALITY},
    TEAM: {*Role} - {Role.SERVICE, Role.INSPECTOR},
}
ASKED = {"sign": "?meaning=approve", "number": "?at=cohort.assessed", "search": f"?q={SOUND}"}


def place(path: str, run: str) -> str:
    """Return the address of a page."""
    parts = dict(zip(("study", "month", "number"), run.split("/"), strict=True))
    return path.format(**parts, sequence=1, name="x")


def let_in(whole: WholeHouse, person: str) -> None:
    """Let a person in whom the month's house does not know yet; an inspector for the sound study."""
    if person in {"bea", "ella", "ivan"}:
        studies = (SOUND,) if person == "ivan" else ()
        newcomer = Newcomer(person, "A Person", PEOPLE[person].value, studies)
        add(whole.house, actor(), newcomer, lambda: issuance(person))


def desk_for(month: WholeHouse, folder: Path, person: str) -> Desk:
    """Return the console of a house that knows the person."""
    let_in(month, person)
    return Desk(month, folder)


def test_the_tables_are_complete() -> None:
    """Every address that can be read or sent to stands in a table, and somebody of every role tries it."""
    read = {route.path for route in ROUTES if "GET" in (route.methods or ())}
    sent = {route.path for route in ROUTES if "POST" in (route.methods or ())}
    assert (read, sent) == ({*PAGES}, {*ACTS, UNBLIND})
    assert {*PEOPLE.values()} == ALLOWED[EVERYBODY]


@pytest.mark.parametrize("person", PEOPLE)
def test_what_a_role_is_shown(month: WholeHouse, tmp_path: Path, person: str) -> None:
    """Everybody reads what is open; an inspector reads of the studies that were named for them, and of no other run."""
    desk = desk_for(month, tmp_path, person)
    browser, role = desk.browser(person), PEOPLE[person]
    for path, expected in PAGES.items():
        asked = ASKED.get(path.rpartition("/")[2], "")
        mine = 404 if role is Role.INSPECTOR and path == "/ledger/{sequence}" else expected
        assert browser.get(place(path, SOUND_RUN) + asked).status_code == mine, path
        if role is Role.INSPECTOR and path.startswith(RUN):
            assert browser.get(place(path, WAITING_RUN) + asked).status_code == 403, path
    desk.console.close()


@pytest.mark.parametrize("person", PEOPLE)
def test_what_a_role_may_send(month: WholeHouse, tmp_path: Path, person: str) -> None:
    """With the right token, reason and passphrase each role does what it may, and is refused everything else."""
    desk = desk_for(month, tmp_path, person)
    browser, role = desk.browser(person), PEOPLE[person]
    given = {
        "first": "1",
        "last": "2",
        "result": "Complete",
        "reason": "Read and found right",
        "passphrase": words(person),
        "meaning": "approve",
        "person": person,
    }
    for path, who in ACTS.items():
        answer = browser.act(place(path, SOUND_RUN), at="cohort.assessed", **given)
        assert answer.status_code == (303 if role in ALLOWED[who] else 403), path
    desk.console.close()
