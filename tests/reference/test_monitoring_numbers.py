"""Every applicable number of monitoring by R's packages is reproduced within its tolerance."""

from collections import Counter

import pytest

from tests.reference.monitoring import LEFT_OUT, TOPICS, computed, reason
from tests.reference.second_set import MISSING, available, topic_rows

pytestmark = pytest.mark.skipif(not available(), reason=MISSING)

ENOUGH = {"group_sequential": 11_900, "anytime": 130, "maxsprt": 33}
"""Rows that must be compared, by topic."""


def test_every_applicable_row_of_monitoring_is_reproduced(
    pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every row that is not left out for a reason is within its tolerance, and the counts and differences are printed."""
    compared: Counter[tuple[str, str]] = Counter()
    largest: dict[str, float] = {}
    left: Counter[tuple[str, str]] = Counter()
    wrong = []
    for row in topic_rows():
        if row.topic not in TOPICS:
            continue
        why = reason(row)
        if why:
            left[row.topic, why] += 1
            continue
        share = abs(computed(row) - row.value) / row.tolerance
        if not share <= 1:
            wrong.append(f"{row.case} {row.quantity}: {computed(row)} for {row.value} ± {row.tolerance:.2g}")
        compared[row.topic, row.estimator] += 1
        largest[row.topic] = max(largest.get(row.topic, 0.0), share)
    with capsys.disabled():
        _print(pytestconfig, compared, largest, left)
    assert not wrong, f"{len(wrong)} rows are not reproduced:\n" + "\n".join(wrong[:50])
    for topic, number in ENOUGH.items():
        assert sum(count for (name, _), count in compared.items() if name == topic) >= number


def test_every_reason_for_leaving_rows_of_monitoring_out_applies_to_some() -> None:
    """No reason is left over from rows that are gone or reproduced by now."""
    used = {reason(row) for row in topic_rows() if row.topic in TOPICS}
    assert [text for text, _ in LEFT_OUT if text not in used] == []


def _print(
    config: pytest.Config,
    compared: Counter[tuple[str, str]],
    largest: dict[str, float],
    left: Counter[tuple[str, str]],
) -> None:
    terminal = config.pluginmanager.getplugin("terminalreporter")
    assert terminal is not None
    terminal.write_line(f"\nnumbers of monitoring: {compared.total()} rows compared, {left.total()} left out")
    for topic in TOPICS:
        parts = {method: count for (name, method), count in compared.items() if name == topic}
        detail = ", ".join(f"{method} {count}" for method, count in parts.items())
        terminal.write_line(
            f"  {topic}: {sum(parts.values())} ({detail}); largest difference {largest[topic]:.2g} of its tolerance"
        )
        for (name, text), count in left.items():
            if name == topic:
                terminal.write_line(f"    left out {count}: {text}")
