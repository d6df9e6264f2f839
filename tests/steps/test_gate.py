"""Findings are stored whole, and nothing passes an undecided one."""

import json
from pathlib import Path

import pytest

from medicore.errors import HaltedError
from medicore.records.finding import Finding
from medicore.steps.gate import (
    DOCUMENT,
    number,
    read_findings,
    read_section,
    require_decided,
    shown,
    write_section,
)
from medicore.steps.way import STEPS
from medicore.stores.files import FolderFiles

FIRST = Finding(
    "propensity", "SMD (weighted)", "age", "0.12", "0.1", "age is imbalanced", false_alarm_rate=0.01
)
SECOND = Finding(
    "propensity", "overlap", "propensity score", "0.0001", "0.001", "3 subject(s) without overlap"
)
FINAL = Finding("propensity", "convergence", "model", "not", "converged", "it did not", overridable=False)


def test_findings_come_back_as_they_were(tmp_path: Path) -> None:
    """Every field of a finding survives its document, the section is apart, and the digest is stored."""
    files = FolderFiles(tmp_path)
    assert write_section(files, "propensity", {"n": 3}, iter([FIRST, SECOND])) == (FIRST, SECOND)
    assert read_findings(files, "propensity") == (FIRST, SECOND)
    assert read_section(files, "propensity") == {"n": 3}
    stored = json.loads(files.read("propensity.json"))["findings"]
    assert [finding["digest"] for finding in stored] == [FIRST.digest, SECOND.digest]


def test_every_step_has_its_document() -> None:
    """The document of a step is one that the way of the data declares."""
    assert {step.name for step in STEPS} == set(DOCUMENT)
    assert all(DOCUMENT[step.name] in step.documents for step in STEPS)


def test_step_that_has_not_run_has_no_findings(tmp_path: Path) -> None:
    """Nothing is undecided where nothing was found yet."""
    files = FolderFiles(tmp_path)
    assert read_findings(files, "effect") == ()
    require_decided(files, "effect", ())


def test_undecided_finding_halts(tmp_path: Path) -> None:
    """As long as one finding lacks a decision the way is shut, and the first is named (FAULTS 23)."""
    files = FolderFiles(tmp_path)
    write_section(files, "propensity", {}, (FIRST, SECOND))
    with pytest.raises(
        HaltedError, match=r"^propensity has 2 undecided finding\(s\), first 'age is imbalanced'"
    ):
        require_decided(files, "propensity", ())
    with pytest.raises(
        HaltedError, match=r"has 1 undecided finding\(s\), first '3 subject\(s\) without overlap'"
    ):
        require_decided(files, "propensity", {FIRST.digest})
    require_decided(files, "propensity", {FIRST.digest, SECOND.digest})


def test_decision_on_another_statistic_does_not_count(tmp_path: Path) -> None:
    """A decision binds to the whole finding: when the statistic changes it is void (FAULTS 21)."""
    files = FolderFiles(tmp_path)
    other = Finding(**{**{key: getattr(FIRST, key) for key in FIRST.__slots__}, "statistic": "0.13"})
    write_section(files, "propensity", {}, (other,))
    with pytest.raises(HaltedError):
        require_decided(files, "propensity", {FIRST.digest})


def test_digest_in_the_document_is_not_believed(tmp_path: Path) -> None:
    """Writing an accepted digest beside another finding opens nothing."""
    files = FolderFiles(tmp_path)
    write_section(files, "propensity", {}, (SECOND,))
    text = files.read("propensity.json").replace(SECOND.digest.encode(), FIRST.digest.encode())
    files.write("propensity.json", text)
    with pytest.raises(HaltedError):
        require_decided(files, "propensity", {FIRST.digest})


def test_finding_that_cannot_be_overridden_stays(tmp_path: Path) -> None:
    """No decision opens what needs new data or another model."""
    files = FolderFiles(tmp_path)
    write_section(files, "propensity", {}, (FINAL,))
    with pytest.raises(HaltedError, match="it did not"):
        require_decided(files, "propensity", {FINAL.digest})


def test_infinity_has_one_spelling() -> None:
    """Documents hold infinities as texts; finite numbers stay what they are."""
    assert [number(value) for value in (float("inf"), float("-inf"), 0.1)] == ["inf", "-inf", 0.1]
    assert [shown(value) for value in (0.1, 1 / 3, float("inf"), 12345678.0)] == [
        "0.1", "0.333333", "inf", "1.23457e+07",
    ]  # fmt: skip


def test_nan_is_never_written(tmp_path: Path) -> None:
    """A section with NaN is refused: a number that is none must not reach a report (FAULTS 54)."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_section(FolderFiles(tmp_path), "effect", {"estimate": float("nan")}, ())
    assert not (tmp_path / "effect.json").exists()
