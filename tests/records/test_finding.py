"""Findings: the digest covers everything, and storage loses nothing."""

from dataclasses import replace

import pytest

from medicore.records.finding import Finding

FINDING = Finding("propensity", "SMD (weighted)", "age", "0.131", "0.1", "age is imbalanced", 0.02)


def test_stored_and_read() -> None:
    """What is stored reads back as the same finding."""
    assert Finding.from_json(FINDING.as_json()) == FINDING


@pytest.mark.parametrize(
    "change",
    [
        {"statistic": "0.132"},
        {"threshold": "0.2"},
        {"subject": "bmi"},
        {"false_alarm_rate": None},
        {"overridable": False},
        {"answered": {"run": "S/2025-03/1"}},
    ],
)
def test_any_change_changes_the_digest(change: dict) -> None:
    """A decision bound to the digest dies when anything of the finding changes."""
    assert replace(FINDING, **change).digest != FINDING.digest


def test_an_answer_of_an_earlier_run_is_stored_only_where_there_is_one() -> None:
    """A finding without one is stored as before there were any, so that digests of old records stay as they are."""
    assert "answered" not in FINDING.as_json()
    answered = replace(FINDING, answered={"run": "S/2025-03/1", "sequence": 7})
    assert Finding.from_json(answered.as_json()) == answered


def test_a_finding_waits_until_a_decision_accepts_it() -> None:
    """Its own decision or that of an earlier run ends the wait; nothing ends that of one which cannot be overridden."""
    answered = replace(FINDING, answered={"sequence": 7})
    assert FINDING.waits(())
    assert not FINDING.waits([FINDING.digest])
    assert not answered.waits(())
    assert replace(answered, overridable=False).waits([FINDING.digest])
