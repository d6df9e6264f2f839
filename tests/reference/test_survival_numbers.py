"""Every applicable number of survival analysis by R's packages and lifelines is reproduced within its tolerance."""

import math
from collections import Counter

import pytest

from tests.reference.second_set import MISSING, TopicRow, available, topic_rows
from tests.reference.survival import LEFT_OUT, computed, reason

pytestmark = pytest.mark.skipif(not available(), reason=MISSING)

ENOUGH = 260
"""Rows that must be compared."""


def _survival_rows() -> list[TopicRow]:
    return [row for row in topic_rows() if row.topic == "survival"]


def test_every_applicable_row_of_survival_is_reproduced(
    pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every row that is not left out for a reason is within its tolerance, and the counts and differences are printed."""
    compared: Counter[str] = Counter()
    left: Counter[str] = Counter()
    wrong, largest = [], 0.0
    for row in _survival_rows():
        why = reason(row)
        if why:
            left[why] += 1
            continue
        own = computed(row)
        share = 0.0 if math.isinf(row.value) and own == row.value else abs(own - row.value) / row.tolerance
        if not share <= 1:
            wrong.append(
                f"{row.case} {row.estimator} {row.quantity}: {own} for {row.value} ± {row.tolerance:.2g}"
            )
        compared[row.estimator] += 1
        largest = max(largest, share)
    with capsys.disabled():
        _print(pytestconfig, compared, largest, left)
    assert not wrong, f"{len(wrong)} rows are not reproduced:\n" + "\n".join(wrong[:50])
    assert compared.total() >= ENOUGH


def test_every_reason_for_leaving_rows_of_survival_out_applies_to_some() -> None:
    """No reason is left over from rows that are gone or reproduced by now."""
    used = {reason(row) for row in _survival_rows()}
    assert [text for text, _ in LEFT_OUT if text not in used] == []


def _print(config: pytest.Config, compared: Counter[str], largest: float, left: Counter[str]) -> None:
    terminal = config.pluginmanager.getplugin("terminalreporter")
    assert terminal is not None
    terminal.write_line(f"\nnumbers of survival: {compared.total()} rows compared, {left.total()} left out")
    detail = ", ".join(f"{method} {count}" for method, count in compared.items())
    terminal.write_line(f"  {detail}; largest difference {largest:.2g} of its tolerance")
    for text, count in left.items():
        terminal.write_line(f"    left out {count}: {text}")
