"""The comparison with the lock before: nobody vanishes, no locked value changes."""

from pathlib import Path

import pytest

from medicore.errors import IntegrityError
from medicore.steps.check import check
from medicore.steps.extract import extract
from tests.steps.delivered_trial import ROWS, altered, broken, extracted, frozen, judged, protocol, table


def test_growth_is_no_violation(tmp_path: Path) -> None:
    """New subjects and filled gaps are what a month brings."""
    previous = extracted(tmp_path / "before", ROWS[:2])
    filled = altered("change", "-1.25", "2.5")
    findings, made = judged(tmp_path / "now", table(filled), previous=previous)
    assert findings == ()
    assert made["comparison"] == {
        "previous_month": "2025-02",
        "subjects_added": 1,
        "subjects_vanished": 0,
        "values_changed": [],
    }


def test_subject_that_vanished_is_found(tmp_path: Path) -> None:
    """Subjects of the lock before may not be lost (FAULTS 39)."""
    previous = extracted(tmp_path / "before")
    (finding,), made = judged(tmp_path / "now", table(ROWS[:1]), rows=1, previous=previous)
    assert (finding.gate, finding.subject, finding.statistic) == ("previous lock", "subject_id", "2")
    assert not finding.overridable
    assert made["comparison"]["subjects_vanished"] == 2
    assert made["violations"] == [
        {"column": "subject_id", "rule": "vanished", "count": 2, "expected": "every subject of 2025-02"}
    ]


@pytest.mark.parametrize(
    ("column", "values", "count"),
    [
        ("weight", ("80.6",), 1),
        ("age", ("42", "53"), 2),
        ("sex", ("M",), 1),
        ("enrolled", ("2025-01-06",), 1),
        ("change", ("",), 1),
        ("change", ("-1.26",), 1),
    ],
)
def test_locked_value_that_changed_is_found(
    tmp_path: Path, column: str, values: tuple[str, ...], count: int
) -> None:
    """A value that was there may neither change nor disappear, whatever its type (FAULTS 40)."""
    previous = extracted(tmp_path / "before")
    (finding,), made = judged(tmp_path / "now", table(altered(column, *values)), previous=previous)
    assert (finding.gate, finding.subject, finding.statistic) == ("previous lock", column, str(count))
    (changed,) = made["comparison"]["values_changed"]
    assert (changed["column"], changed["count"]) == (column, count)
    assert finding.overridable
    assert "2025-02" in finding.message


def test_value_of_a_column_that_is_not_locked_may_change(tmp_path: Path) -> None:
    """Only locked columns are held against the lock before."""
    previous = extracted(tmp_path / "before")
    findings, _ = judged(tmp_path / "now", table(altered("name", "Renamed")), previous=previous)
    assert findings == ()


def test_column_new_to_the_contract_has_no_past(tmp_path: Path) -> None:
    """After an amendment the comparison covers what both locks have."""
    previous = extracted(tmp_path / "before").drop(columns="weight")
    findings, _ = judged(tmp_path / "now", table(), previous=previous)
    assert findings == ()


def test_lock_without_the_subject_column_has_lost_everybody(tmp_path: Path) -> None:
    """When subjects cannot be matched, all of them are gone and all are new."""
    previous = extracted(tmp_path / "before").rename(columns={"subject_id": "patient"})
    findings, made = judged(tmp_path / "now", table(), previous=previous)
    assert broken(findings) == {"subject_id": "3"}
    assert made["comparison"]["subjects_added"] == 3


def test_order_of_delivery_is_no_change(tmp_path: Path) -> None:
    """Subjects are matched by identifier, not by place."""
    previous = extracted(tmp_path / "before", ROWS[::-1])
    findings, _ = judged(tmp_path / "now", table(), previous=previous)
    assert findings == ()


def test_duplicate_is_compared_by_its_first_row(tmp_path: Path) -> None:
    """A subject that is exported twice is a matter of the contract, and the comparison still works."""
    previous = extracted(tmp_path / "before")
    findings, _ = judged(tmp_path / "now", table([*ROWS, ROWS[0]]), rows=4, previous=previous)
    assert broken(findings) == {"subject_id": "1"}


def test_changed_bytes_of_the_lock_before_are_an_integrity_error(tmp_path: Path) -> None:
    """The comparison is made with what was frozen, or not at all."""
    files = frozen(tmp_path / "now", table(), previous=extracted(tmp_path / "before"))
    extract(files, protocol())
    files.write_table("lock/previous.parquet", extracted(tmp_path / "other", ROWS[:2]))
    with pytest.raises(IntegrityError, match=r"lock/previous\.parquet has SHA-256"):
        check(files, protocol())
