"""What an inspector asks about attempts, approvals, one patient and access, through the command line."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from tests.line.conftest import BROKEN, CLEAN, IMBALANCED, MONTH, REFERENCE, Month


def delivered(month: Month, study: str) -> list[dict[str, str]]:
    """Return the rows of a study's export as it was delivered."""
    folder = month.project.home / "inbox" / study / MONTH
    if not folder.exists():
        folder = month.project.root / "studies" / "sources" / study
    (path,) = (folder / "raw").glob("*.csv")
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def viewed(month: Month, run: str) -> list[dict[str, Any]]:
    """Return the ledger's events of patients that were looked at in a run."""
    return [event for event in month.project.events(run) if event["action"] == "subject.viewed"]


def test_failed_attempts(month: Month) -> None:
    """``attempts --failed`` has a row for each halted run, with step, message, time and who asked; sealed ones have none."""
    rows = month.project.medicore("attempts", "--failed", "--json").json()
    found = {row["run"]: row for row in rows}
    broken, imbalanced = found[month.run(BROKEN)], found[month.run(IMBALANCED)]
    assert (broken["how"], broken["step"], broken["requested_by"]) == ("halted", "check", "analyst")
    assert (imbalanced["how"], imbalanced["step"]) == ("halted", "propensity")
    assert broken["messages"]
    assert month.run(CLEAN) not in found
    assert [row["sequence"] for row in rows] == sorted(row["sequence"] for row in rows)
    text = month.project.medicore("attempts", BROKEN, "--failed").out
    assert month.run(BROKEN) in text
    assert month.run(IMBALANCED) not in text


def test_approvals_of_a_release(released: Month) -> None:
    """``approvals`` names who signed, meaning, reason, certificate and digests, and that the signature holds."""
    run = released.run(REFERENCE)
    answer = released.project.medicore("approvals", run, "--json").json()
    (held,) = answer["decisions"]
    known = {row["identifier"]: row for row in released.project.medicore("people", "list", "--json").json()}
    assert (held["signer"], held["role"], held["meaning"]) == ("reviewer", "reviewer", "approve")
    assert held["reason"] == "Looked at it and found it so"
    assert held["certificate"]["serial"] == known["reviewer"]["certificate"]["serial"]
    assert held["certificate"]["fingerprint"] == known["reviewer"]["certificate"]["fingerprint"]
    assert held["certificate"]["now"] == "in force"
    assert (held["valid_when_signed"], held["valid_now"], held["fault"]) == (True, True, None)
    assert {"report.pdf", "results.json", "code commit", "sealed commit"} <= set(held["digests"])
    assert answer["requested_by"] == "analyst"
    text = released.project.medicore("approvals", run).out
    assert held["digests"]["report.pdf"] in text
    assert "the signature is valid for exactly these bytes" in text


def test_an_excluded_patient(month: Month) -> None:
    """An excluded patient's box names the first criterion that is not satisfied, with the value that failed it."""
    rows = month.results(CLEAN)["cohort"]["criteria"]
    assert sum(row["excluded"] for row in rows) > 0
    source = delivered(month, CLEAN)
    reasons = {row["name"] for row in rows if row["excluded"]}
    protocol = month.project.root / "studies" / f"{CLEAN}.yaml"
    eligibility = yaml.load(protocol.read_text(encoding="utf-8"), yaml.CSafeLoader)["eligibility"]
    column = next(
        each["column"] for each in eligibility if each["name"] in reasons and each["operator"] == "present"
    )
    patient = next(row for row in source if row[column] == "")
    answer = month.project.medicore(
        "subject", CLEAN, next(iter(patient.values())), "--as", "reviewer", "--json"
    ).json()
    assert answer["box"]["box"] == "excluded"
    first = next(criterion for criterion in answer["criteria"] if not criterion["satisfied"])
    assert answer["box"]["reason"] == first["name"]
    text = month.project.medicore("subject", CLEAN, next(iter(patient.values())), "--as", "reviewer").out
    assert f"excluded: {first['name']}" in text
    assert "missing" in text


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("attempts", "no study"), 3, "not a study identifier"),
        (("access", CLEAN, "--at", "yesterday"), 3, "expected YYYY-MM-DD"),
        (("access", CLEAN, "--at", "20250331"), 3, "expected YYYY-MM-DD"),
        (("access", CLEAN, "--at", "2999-01-01"), 3, "in the future"),
        (("access", "MED-2024-9999", "--at", "2025-03-31"), 3, "has no protocol"),
    ],
)
def test_nonsense_questions(month: Month, arguments: tuple[str, ...], code: int, words: str) -> None:
    """A question about what is not there is answered in one line, with its family's exit code."""
    answer = month.project.medicore(*arguments, expected=code)
    assert words in answer.err
    assert answer.err.count("\n") == 1


def test_access_today_and_before(month: Month) -> None:
    """``access`` says who could do what on a day; before the house was founded that is nobody."""
    today = datetime.now(UTC).date().isoformat()  # noqa: TID251 - the command line reads the clock, too
    answer = month.project.medicore("access", CLEAN, "--at", today, "--json").json()
    found = {row["identifier"]: row for row in answer["people"]}
    assert found["analyst"]["may"] == ["request"]
    assert found["reviewer"]["may"] == ["approve", "export", "proceed", "reject", "return", "view"]
    assert found["operator"]["may"] == ["administer", "extend", "request"]
    added = [change["person"] for change in answer["changes_that_day"] if change["action"] == "person.added"]
    assert {"analyst", "reviewer", "operator", "medicore"} <= set(added)
    assert "approve, export" in month.project.medicore("access", CLEAN, "--at", today).out
    before = month.project.medicore("access", CLEAN, "--at", "2020-01-01", "--json").json()
    assert (before["people"], before["ledger_event"]) == ([], 0)
