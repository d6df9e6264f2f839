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
    ],
)
def test_any_change_changes_the_digest(change: dict) -> None:
    """A decision bound to the digest dies when anything of the finding changes."""
    assert replace(FINDING, **change).digest != FINDING.digest
