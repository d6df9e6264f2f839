"""Moments: a clock that was set back, and months that end elsewhere at another time."""

from datetime import datetime, timedelta

from medicore.records.ledger.ledger import NewEvent
from medicore.stores.clock import SystemClock
from medicore.stores.ledger.sqlite import SqliteLedger
from tests.conftest import PASSPHRASES, Project
from tests.line.conftest import CLEAN, MONTH, Month


class Ahead:
    """A clock that is an hour ahead."""

    def now(self) -> datetime:
        """Return the moment in an hour."""
        return SystemClock().now() + timedelta(hours=1)


def test_a_clock_that_was_set_back_halts(copied: Project) -> None:
    """Where the last event lies in the future nothing is written: one line, exit code 9, the chain as it was (FAULTS 68)."""
    ledger = SqliteLedger(copied.home / "ledger.db", Ahead())
    ledger.append(NewEvent("medicore", "service", "notice.sent", f"{CLEAN}/{MONTH}/1", "", {}))
    before = copied.medicore("ledger", "verify", "--json").json()
    answer = copied.medicore("run", CLEAN, MONTH, expected=9)
    assert answer.err.splitlines()[-1].startswith("medicore: ")
    assert "set the clock" in answer.err
    assert copied.medicore("ledger", "verify", "--json").json() == before


def test_a_clock_that_ran_ahead_is_corrected(copied: Project) -> None:
    """The verb that the message names ends it: a signed correction, told by both verifications, and work goes on (FAULTS 82)."""
    ledger = SqliteLedger(copied.home / "ledger.db", Ahead())
    ledger.append(NewEvent("medicore", "service", "notice.sent", f"{CLEAN}/{MONTH}/1", "", {}))
    run = f"{CLEAN}/{MONTH}/1"
    assert "medicore ledger clock" in copied.sign(run, "reject", expected=9).err
    secret = {"MEDICORE_PASSPHRASE": PASSPHRASES["operator"]}
    correct = ("ledger", "clock", "--as", "operator", "--reason", "The battery had failed", "--json")
    event = copied.medicore(*correct, **secret).json()
    assert copied.sign(run, "reject").json()["state"] == "rejected"
    for verb in (("ledger", "verify"), ("verify", run)):
        assert f"clock corrected by operator at {event['at']}" in copied.medicore(*verb).out
    assert "nothing is to be corrected" in copied.medicore(*correct, expected=7, **secret).err


def test_the_month_is_that_of_the_study(month: Month) -> None:
    """The record says when the month began and ended where the study is, in UTC (FAULTS 69)."""
    assert month.results(CLEAN)["study"]["period"] == {
        "timezone": "Asia/Tokyo",
        "begins": "2025-02-28T15:00:00.000000Z",
        "ends": "2025-03-31T15:00:00.000000Z",
    }
