"""Every applicable number of calibration by R's package EmpiricalCalibration is reproduced within its tolerance."""

from collections import Counter

import pytest

from tests.reference.calibration import LEFT_OUT, TOPIC, computed, reason
from tests.reference.second_set import MISSING, TopicRow, available, topic_rows

pytestmark = pytest.mark.skipif(not available(), reason=MISSING)

ENOUGH = 28
"""Rows that must be compared."""


def _rows() -> list[TopicRow]:
    return [row for row in topic_rows() if row.topic == TOPIC]


def test_every_applicable_row_of_calibration_is_reproduced(
    pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every row that is not left out for a reason is within its tolerance, and the counts and differences are printed."""
    compared = [row for row in _rows() if not reason(row)]
    left = Counter(reason(row) for row in _rows() if reason(row))
    shares = [abs(computed(row) - row.value) / row.tolerance for row in compared]
    terminal = pytestconfig.pluginmanager.getplugin("terminalreporter")
    assert terminal is not None
    with capsys.disabled():
        terminal.write_line(
            f"\nnumbers of calibration: {len(compared)} rows compared, {left.total()} left out; largest difference "
            f"{max(shares):.2g} of its tolerance"
        )
        for text, count in left.items():
            terminal.write_line(f"    left out {count}: {text}")
    wrong = [row.quantity for row, share in zip(compared, shares, strict=True) if not share <= 1]
    assert not wrong
    assert len(compared) >= ENOUGH


def test_every_reason_for_leaving_rows_of_calibration_out_applies_to_some() -> None:
    """No reason is left over from rows that are gone or reproduced by now."""
    used = {reason(row) for row in _rows()}
    assert [text for text, _ in LEFT_OUT if text not in used] == []
