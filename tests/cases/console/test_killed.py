"""``kill -9`` while somebody signs in the console: exactly one decision or none, and the same form then decides."""

import os
import signal
from typing import Any

import pytest

from medicore.cases.proof.verify_ledger import verify_ledger
from medicore.stores.ledger import sqlite
from tests.cases.console.browser import Browser
from tests.cases.console.conftest import Desk
from tests.whole_house.people import words
from tests.whole_house.study import SOUND_RUN

SIGNED = "decision.signed"


@pytest.mark.parametrize(
    ("owner", "name", "works", "kept"),
    [
        pytest.param(sqlite.SqliteLedger, "append", False, 0, id="signed and not yet written"),
        pytest.param(sqlite, "insert", True, 0, id="written and not yet committed"),
        pytest.param(sqlite.SqliteLedger, "append", True, 1, id="committed and not yet answered"),
    ],
)
def test_a_decision_is_made_once_or_not_at_all(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, kept: int, *, works: bool
) -> None:
    """At each instant of the signing the ledger stays whole; whoever sends the form again has decided exactly once."""
    browser, house = desk.browser("rita"), desk.whole.house
    real = getattr(owner, name)

    def deadly(*given: Any) -> Any:
        """Do the work, or leave it out, and end this process when it is that of a decision."""
        if given[-1].action != SIGNED:
            return real(*given)
        if works:
            real(*given)
        return os.kill(os.getpid(), signal.SIGKILL)

    process = os.fork()
    if not process:
        try:
            monkeypatch.setattr(owner, name, deadly)
            rejected(browser)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL
    assert len([*house.ledger.events(subject=SOUND_RUN, action=SIGNED)]) == kept
    assert rejected(browser) == 303
    assert len([*house.ledger.events(subject=SOUND_RUN, action=SIGNED)]) == 1
    assert not verify_ledger(house).failed


def rejected(browser: Browser) -> int:
    """Send the form of a rejection, and return the status of the answer."""
    given = {"meaning": "reject", "reason": "Read and found wrong", "passphrase": words("rita")}
    return browser.act(f"/runs/{SOUND_RUN}/sign", **given).status_code
