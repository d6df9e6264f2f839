"""Every applicable number of R, Stata, SAS and Python packages is reproduced within its tolerance."""

from collections import Counter

import pytest

from tests.reference.comparison import LEFT_OUT, computed, reason
from tests.reference.reference import MISSING, available, rows

pytestmark = pytest.mark.skipif(not available(), reason=MISSING)

ENOUGH = 5000


def test_every_applicable_row_is_reproduced_within_its_tolerance(
    pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    """At least 5,000 rows are compared, each comes out within its tolerance, and the counts are printed."""
    compared: Counter[tuple[str, str]] = Counter()
    left: Counter[str] = Counter()
    wrong = []
    for row in rows():
        why = reason(row)
        if why:
            left[why] += 1
            continue
        found = computed(row)
        if found is None or not abs(found - row.value) <= row.tolerance:
            wrong.append(f"{row.case} {row.key}: {found} for {row.value} ± {row.tolerance:.2g}")
        compared[row.dataset, row.estimator] += 1
    with capsys.disabled():
        _print(pytestconfig, compared, left)
    assert not wrong, f"{len(wrong)} rows are not reproduced:\n" + "\n".join(wrong[:50])
    assert compared.total() >= ENOUGH


def test_every_reason_for_leaving_rows_out_applies_to_some() -> None:
    """No reason is left over from rows that are gone or reproduced by now."""
    used = {reason(row) for row in rows()}
    assert [text for text, _ in LEFT_OUT if text not in used] == []


def test_no_agreed_row_is_left_out_but_for_stress_and_chance() -> None:
    """What two implementations agree on is only left out where digits mean nothing, or are random."""
    excused = ("stress", "bootstrap")
    agreed = [row for row in rows() if row.status == "agree" and reason(row)]
    assert [row.key for row in agreed if not reason(row).startswith(excused)] == []


def _print(config: pytest.Config, compared: Counter[tuple[str, str]], left: Counter[str]) -> None:
    terminal = config.pluginmanager.getplugin("terminalreporter")
    assert terminal is not None
    terminal.write_line(f"\nreference numbers: {compared.total()} rows compared, {left.total()} left out")
    for dataset in dict.fromkeys(name for name, _ in compared):
        parts = {method: count for (name, method), count in compared.items() if name == dataset}
        detail = ", ".join(f"{method} {count}" for method, count in parts.items())
        terminal.write_line(f"  {dataset}: {sum(parts.values())} ({detail})")
    for text, count in left.most_common():
        terminal.write_line(f"  left out {count}: {text}")
