"""attempts: how every run ended, the failed and halted ones above all, and the requests that were refused."""

import pytest

from medicore.cases.answers.attempts import attempts
from medicore.errors import ReviewError
from tests.whole_house.house import WholeHouse
from tests.whole_house.study import (
    BROKEN,
    BROKEN_RUN,
    FAILED_RUN,
    SOUND,
    SOUND_RUN,
    WAITING,
    WAITING_RUN,
)


def test_each_failed_attempt_has_a_row(month: WholeHouse) -> None:
    """Halted and failed runs are told with step, messages, time, and who asked and why; sealed ones are not among them."""
    rows = attempts(month.house, failed=True)
    found = {row["run"]: row for row in rows}
    assert list(found) == [WAITING_RUN, BROKEN_RUN, FAILED_RUN]
    assert [(row["how"], row["step"], row["state"]) for row in rows] == [
        ("halted", "effect", "halted, awaiting a decision"),
        ("halted", "check", "halted, awaiting a decision"),
        ("failed", "cohort", "failed"),
    ]
    assert {(row["requested_by"], row["reason"]) for row in rows} == {("ana", "Monthly analysis")}
    assert len(found[WAITING_RUN]["messages"]) == 2
    assert found[BROKEN_RUN]["messages"] == [
        "Column arm: 2 row(s) break the rule 'allowed values'; expected one of active, control."
    ]
    assert found[FAILED_RUN]["error"] == "DataError"
    assert found[FAILED_RUN]["messages"][0].startswith("arm 'control' has no eligible subject")


def test_every_attempt_is_told_in_order(month: WholeHouse) -> None:
    """Without the filter sealed runs, runs at work and refused requests are rows too, each once, in the ledger's order."""
    with pytest.raises(ReviewError, match="may not request"):
        month.begin(SOUND, by="rita")
    month.begin(SOUND)
    rows = attempts(month.house)
    assert [(row["run"], row["how"]) for row in rows] == [
        (SOUND_RUN, "sealed"), (WAITING_RUN, "halted"), (BROKEN_RUN, "halted"), (FAILED_RUN, "failed"),
        (None, "refused"), (f"{SOUND}/2025-03/2", "not ended"),
    ]  # fmt: skip
    assert (rows[4]["requested_by"], rows[4]["error"]) == ("rita", "ReviewError")
    assert "may not request" in rows[4]["messages"][0]
    assert [row["sequence"] for row in rows] == sorted(row["sequence"] for row in rows)


def test_of_one_study_its_own_attempts_alone(month: WholeHouse) -> None:
    """A study's rows are its runs'; a refused request, which names no study, is not among them."""
    with pytest.raises(ReviewError):
        month.begin(SOUND, by="rita")
    assert [row["run"] for row in attempts(month.house, BROKEN)] == [BROKEN_RUN]
    assert attempts(month.house, SOUND, failed=True) == []
    assert attempts(month.house, "TEST-NEVER") == []


def test_a_run_that_halted_and_went_on_has_two_rows(month: WholeHouse) -> None:
    """Where a run stood then and where it stands now are both told; an exploratory run is told to be one."""
    month.proceed(WAITING_RUN)
    halted, sealed = attempts(month.house, WAITING)
    assert (halted["how"], sealed["how"]) == ("halted", "sealed")
    assert halted["state"] == sealed["state"] == "sealed, awaiting approval"
    month.run(SOUND, exploratory=True)
    assert attempts(month.house, SOUND)[-1]["how"] == "explored"
