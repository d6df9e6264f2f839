"""Signatures that are refused on the command line: each in one line, each an event of the ledger, and nothing is signed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Answer, Project
from tests.line.conftest import CLEAN, Month
from tests.line.test_people import add, people
from tests.line.told import last_about
from tests.stores.company import DAY, certify, company

LASTS = timedelta(seconds=20)
"""For how long the certificate is good that expires: long enough to be registered."""


@pytest.fixture(scope="module")
def waiting(month: Month, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The month with a reviewer whose certificate has expired, one who was revoked, and an analyst who asked for nothing."""
    project = month.project
    folder = tmp_path_factory.mktemp("expires")
    root, issuer = company()
    ends = datetime.now(UTC) + LASTS  # noqa: TID251 - the command line reads the machine's clock
    edgar = certify("Dr Edgar Expired", issuer, start=ends - DAY, days=1)
    for name, data in (
        ("edgar.pem", edgar.pem),
        ("chain.pem", issuer.pem + root.pem),
        ("edgar.p12", edgar.pkcs12("correct edgar")),
    ):
        (folder / name).write_bytes(data)
    files = {"--certificate": "edgar.pem", "--key": "edgar.p12", "--chain": "chain.pem"}
    given = [part for option, name in files.items() for part in (option, str(folder / name))]
    people(project, "add", "edgar", "--role", "reviewer", *given)
    add(project, "ruth", "reviewer")
    people(project, "revoke", "ruth", why="Left the company")
    add(project, "arno", "analyst")
    time.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds()) + 1)  # noqa: TID251
    return project


def require_refused(project: Project, run: str, person: str, words: str, refuse: Callable[[], Answer]) -> Any:
    """Assert that a signature is refused in one line, which the ledger keeps, and return the details of the event."""
    before = project.events(run)
    answer = refuse()
    assert answer.out == ""
    assert answer.err.startswith("medicore: ")
    assert answer.err.count("\n") == 1
    assert words in answer.err
    *earlier, last = project.events(run)
    assert earlier == before
    assert (last["action"], last["actor"]) == ("decision.refused", person)
    assert answer.err == f"medicore: {last['reason']}\n"
    (row,) = project.medicore("status", run.split("/")[0], "--json").json()
    assert (row["run"], row["state"]) == (run, "sealed, awaiting approval")
    assert not [*(project.home / "reports" / run.split("/")[0]).rglob("*.signed.pdf")]
    return last["details"]


@pytest.mark.parametrize(
    ("person", "changed", "words"),
    [
        ("edgar", {}, "the key of edgar is valid from "),
        ("ruth", {}, "the key of ruth was revoked on "),
        ("arno", {}, "arno has the role analyst, which may not approve; expected one of quality, reviewer"),
        ("operator", {}, "operator has the role operator, which may not approve"),
        ("medicore", {}, "medicore has the role service, which may not approve"),
        ("analyst", {}, "analyst asked for this run; expected the decision of another person"),
        ("reviewer", {"reason": ""}, "the reason is empty"),
        ("reviewer", {"reason": " \t… "}, "the reason is empty"),
        ("reviewer", {"reason": "right \u202edorw"}, "characters that cannot be printed"),
    ],
)
def test_who_may_not_sign_is_refused(
    waiting: Project, month: Month, person: str, changed: dict[str, str], words: str
) -> None:
    """Expired, revoked, of the wrong role, on one's own request, without a reason: refused with its own words (FAULTS 17, 18, 19, 22, 25)."""
    run = month.run(CLEAN)
    details = require_refused(
        waiting, run, person, words,
        lambda: waiting.sign(run, "approve", person=person, **{"passphrase": f"correct {person}", **changed}, expected=7),
    )  # fmt: skip
    assert details == {"cause": "refused", "meaning": "approve"}


def test_wrong_passphrases_are_refused_and_lock(month: Month) -> None:
    """A wrong passphrase opens no key; after five in a row the right one does not either, until somebody unlocks."""
    project, run = month.project, month.run(CLEAN)
    add(project, "vera", "reviewer")
    for _ in range(5):
        details = require_refused(
            project, run, "vera", "the passphrase does not open the key of vera",
            lambda: project.sign(run, "approve", person="vera", passphrase="guessed it", expected=7),
        )  # fmt: skip
        assert details["cause"] == "passphrase"
    assert last_about(project, "vera")["action"] == "person.locked"
    require_refused(
        project, run, "vera", "vera is locked after 5 wrong passphrases",
        lambda: project.sign(run, "approve", person="vera", passphrase="correct vera", expected=7),
    )  # fmt: skip
    people(project, "unlock", "vera", why="She called; it was she")
    details = require_refused(
        project, run, "vera", "the reason is empty",
        lambda: project.sign(run, "approve", person="vera", passphrase="correct vera", reason="-", expected=7),
    )  # fmt: skip
    assert details["cause"] == "refused"
