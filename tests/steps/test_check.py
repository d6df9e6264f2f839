"""check: every broken rule of the contract and of the lock before is a finding, and none holds a value."""

import json
import logging
from pathlib import Path

import pytest

from medicore.steps.check import WHOLE, check
from medicore.steps.extract import extract
from medicore.stores.files import FolderFiles
from tests.steps.delivered_trial import (
    HEADER,
    ROWS,
    altered,
    broken,
    document,
    extracted,
    frozen,
    judged,
    protocol,
    table,
)


def test_data_that_keep_their_contract_have_no_findings(tmp_path: Path) -> None:
    """A clean first lock passes, and the document says what was checked."""
    findings, made = judged(tmp_path, table())
    assert findings == ()
    assert made == {
        "rows": 3,
        "columns": 8,
        "violations": [],
        "comparison": {
            "previous_month": None,
            "subjects_added": 0,
            "subjects_vanished": 0,
            "values_changed": [],
        },
        "protocol": {"approved_with": None, "keys": []},
        "findings": [],
    }


@pytest.mark.parametrize(
    ("column", "values", "rule", "count", "expected"),
    [
        ("subject_id", ("001",), "unique", 1, "one row per subject"),
        ("subject_id", ("001", "001", "001"), "unique", 2, "one row per subject"),
        ("subject_id", ("",), "required", 1, "a value for every subject"),
        ("subject_id", ("", ""), "required", 2, "a value for every subject"),
        ("age", ("17",), "minimum", 1, "at least 18 years"),
        ("age", ("91", "200"), "maximum", 2, "at most 90 years"),
        ("age", ("41.5",), "integer", 1, "a whole number such as 12"),
        ("age", ("",), "required", 1, "a value for every subject"),
        ("age", ("unknown", "n/a", "-"), "integer", 3, "a whole number such as 12"),
        ("weight", ("0.0805", "0.071", "0.0999"), "minimum", 3, "at least 30 kg"),
        ("weight", ("177.5", "260"), "maximum", 1, "at most 250 kg"),
        ("weight", ("1e400",), "representable", 1, "a value that double precision can hold"),
        ("weight", ("abc",), "number", 1, "a decimal number such as 12.5"),
        ("sex", ("female", "f"), "allowed values", 2, "one of F, M"),
        ("arm", ("Active",), "allowed values", 1, "one of active, control"),
        (
            "enrolled",
            ("2025-04-02",),
            "not in the future",
            1,
            "no date after 2025-04-01, the day of the export",
        ),
        ("enrolled", ("05/01/2025",), "date", 1, "a date as YYYY-MM-DD"),
        ("enrolled", ("",), "required", 1, "a value for every subject"),
    ],
)
def test_broken_rule_is_one_finding_that_nobody_can_override(
    tmp_path: Path, column: str, values: tuple[str, ...], rule: str, count: int, expected: str
) -> None:
    """A duplicate, wrong type, unit, range, value or date halts once, with its count (FAULTS 34-37, 44, 50)."""
    (finding,), made = judged(tmp_path, table(altered(column, *values)))
    assert made["violations"] == [{"column": column, "rule": rule, "count": count, "expected": expected}]
    assert (finding.step, finding.gate, finding.subject) == ("check", "contract", column)
    assert (finding.statistic, finding.threshold) == (str(count), "0")
    assert not finding.overridable
    assert finding.message.startswith(f"Column {column}: {count} ")
    assert finding.message.endswith(f"{expected}.")


def test_date_of_today_where_the_study_is_is_not_in_the_future(tmp_path: Path) -> None:
    """The day of the export is taken in the study's calendar, not in UTC (FAULTS 37, 69)."""
    findings, _ = judged(tmp_path, table(altered("enrolled", "2025-04-01")))
    assert findings == ()


def test_missing_outcome_is_no_violation(tmp_path: Path) -> None:
    """A column that the contract does not require may have gaps."""
    findings, _ = judged(tmp_path, table(altered("change", "", "", "")))
    assert findings == ()


def test_value_that_could_not_be_cast_is_not_also_called_missing(tmp_path: Path) -> None:
    """Two malformed values and one empty one are two violations with their own counts."""
    _, made = judged(tmp_path, table(altered("age", "x", "y", "")))
    counts = [(violation["rule"], violation["count"]) for violation in made["violations"]]
    assert counts == [("integer", 2), ("required", 1)]


def test_all_violations_are_reported_together(tmp_path: Path) -> None:
    """A biostatistician sees every broken rule at once, in the order of the contract."""
    rows = [
        ("001", "", "2030-01-01", "5", "", "X", "x", ""),
        ("001", "", "2025-01-01", "400", "1", "F", "active", ""),
    ]
    findings, _ = judged(tmp_path, table(rows), rows=2)
    assert [finding.subject for finding in findings] == [
        "subject_id",
        "enrolled",
        "age",
        "age",
        "weight",
        "weight",
        "sex",
        "arm",
    ]


def test_export_that_is_not_complete_is_found(tmp_path: Path) -> None:
    """Fewer rows than announced halt, even when the bytes are the announced ones (FAULTS 33)."""
    findings, made = judged(tmp_path, table(), rows=5)
    assert broken(findings) == {WHOLE: "2"}
    assert made["violations"][0]["expected"] == "5 rows"


def test_export_without_subjects_is_found(tmp_path: Path) -> None:
    """An empty export halts (FAULTS 47)."""
    findings, made = judged(tmp_path, table(()), rows=0)
    assert broken(findings) == {WHOLE: "1"}
    assert made["rows"] == 0


def test_column_that_was_not_delivered_is_found_once(tmp_path: Path) -> None:
    """A missing column is one violation, not one for each of its values."""
    findings, made = judged(tmp_path, table([row[:-2] for row in ROWS], HEADER[:-2]))
    assert broken(findings) == {"arm": "1", "change": "1"}
    assert {violation["rule"] for violation in made["violations"]} == {"delivered"}


def test_column_outside_the_contract_is_found(tmp_path: Path) -> None:
    """A column that nobody declared halts; one without a printable name is counted."""
    header = (*HEADER, "colour", "Smith, John", "7")
    findings, _ = judged(tmp_path, table([(*row, "", "", "") for row in ROWS], header))
    assert broken(findings) == {"colour": "1", WHOLE: "2"}
    assert "Smith" not in json.dumps([finding.as_json() for finding in findings])


@pytest.mark.parametrize(("blinded", "expected"), [(True, {"kit_number": "2"}), (False, {})])
def test_unblinding_column_halts_while_the_study_is_blinded(
    tmp_path: Path, blinded: bool, expected: dict[str, str]
) -> None:
    """A column that tells the arm is a violation while blinded, and only then (FAULTS 38)."""
    rows = [(*row, kit) for row, kit in zip(ROWS, ("K-77", "", "K-78"), strict=True)]
    findings, made = judged(tmp_path, table(rows, (*HEADER, "kit_number")), blinded=blinded)
    assert broken(findings) == expected
    assert "K-7" not in json.dumps(made)


def test_empty_unblinding_column_still_halts(tmp_path: Path) -> None:
    """The column itself is the fault, with or without values."""
    rows = [(*row, "") for row in ROWS]
    findings, _ = judged(tmp_path, table(rows, (*HEADER, "kit_number")), blinded=True)
    assert broken(findings) == {"kit_number": "1"}


def test_extract_of_another_type_than_the_contract_is_found(tmp_path: Path) -> None:
    """An extract whose column has another type than declared breaks the rule for all its rows (FAULTS 35)."""
    files = frozen(tmp_path, table())
    extract(files, protocol())
    made = files.read_table("extract.parquet")
    files.write_table("extract.parquet", made.assign(weight=made["weight"].astype(str)))
    check(files, protocol())
    violations = document(files, "check.json")["violations"]
    assert {"column": "weight", "rule": "type", "count": 3, "expected": "type number"} in violations


def test_check_gives_the_same_bytes_again(tmp_path: Path) -> None:
    """The step is a function of its inputs."""
    data = table(altered("age", "17", "x", "400"))
    written = set()
    for folder in ("a", "b"):
        judged(tmp_path / folder, data)
        written.add(FolderFiles(tmp_path / folder).read("check.json"))
    assert len(written) == 1


def test_no_value_of_a_patient_leaves_the_steps(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Documents, findings, logs and output of a thoroughly broken export hold no subject and no value (FAULTS 71)."""
    caplog.set_level(logging.DEBUG)
    secrets = (
        "S-4711",
        "Zaphod",
        "2097-07-31",
        "7770777",
        "88.25e99",
        "chromosomal",
        "arm-xyzzy",
        "-31.4159",
    )
    later = ("S-4711", "Trillian", "31.07.1997", "12", "kilo", "F", "arm-xyzzy", "3,14159")
    previous = extracted(tmp_path / "before", [("S-0815", *ROWS[0][1:])])
    findings, made = judged(
        tmp_path / "now",
        table([(*secrets, "K-99"), (*later, "K-98")], (*HEADER, "kit_number")),
        rows=2,
        previous=previous,
        blinded=True,
    )
    assert len(findings) >= 10
    printed = capsys.readouterr()
    written = (tmp_path / "now" / "extract.json").read_text(encoding="utf-8")
    told = "\n".join([json.dumps(made), written, repr(findings), caplog.text, printed.out, printed.err])
    for value in (*secrets, *later, "S-0815", "K-99", "K-98"):
        if value not in {"12", "F"}:
            assert value not in told
