"""What an inspector asks about attempts, approvals, one patient and access, through the command line."""

import base64
import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from tests.line.conftest import BROKEN, CLEAN, IMBALANCED, MONTH, REFERENCE, Month
from tests.line.told import last_about


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


def test_every_attempt_and_every_refusal(month: Month) -> None:
    """Without --failed every run is there, sealed ones too; a refused request is an attempt, but of no run."""
    month.project.medicore("run", CLEAN, MONTH, "--as", "reviewer", expected=7)
    rows = month.project.medicore("attempts", "--json").json()
    assert "sealed" in [row["how"] for row in rows if row["run"] == month.run(CLEAN)]
    refused = [row for row in rows if row["how"] == "refused"][-1]
    assert (refused["run"], refused["requested_by"]) == (None, "reviewer")
    assert "may not request" in refused["messages"][0]
    of_study = month.project.medicore("attempts", CLEAN, "--json").json()
    assert {row["run"].split("/")[0] for row in of_study} == {CLEAN}


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
    assert "the signature holds, on these very bytes" in text


def test_refused_signatures_are_part_of_the_answer(month: Month) -> None:
    """An attempt to sign that was refused is in ``approvals``, with its cause; no decision is."""
    run = month.run(IMBALANCED)
    month.project.sign(run, "approve", person="analyst", expected=7)
    answer = month.project.medicore("approvals", run, "--json").json()
    assert answer["refused"][-1]["who"] == "analyst"
    assert "analyst asked for this run" in answer["refused"][-1]["message"]
    assert "Refused attempts to sign" in month.project.medicore("approvals", run).out


def test_an_analysed_patient(released: Month) -> None:
    """An analysed patient's answer has the row as delivered, each criterion satisfied, and the arm."""
    source = delivered(released, REFERENCE)
    run, key = released.run(REFERENCE), next(iter(source[0]))
    before = viewed(released, run)
    answers = {}
    for number in range(1, 40):
        patient = source[number - 1][key]
        arguments = ("subject", REFERENCE, patient, "--month", MONTH, "--as", "reviewer", "--json")
        answer = answers[number] = released.project.medicore(*arguments).json()
        assert answer["source"]["values"] == source[number - 1]
        assert (answer["source"]["row"], answer["source"]["line"]) == (number, number + 1)
        if answer["box"]["box"] == "analysed":
            break
    assert answer["run"] == run
    assert all(criterion["satisfied"] for criterion in answer["criteria"])
    assert answer["box"]["group"] in {"treated", "control"}
    events = viewed(released, run)[len(before) :]
    assert [event["details"]["row"] for event in events] == list(answers)
    assert {event["actor"] for event in events} == {"reviewer"}


def test_an_excluded_patient(month: Month) -> None:
    """An excluded patient's box names the first criterion that is not satisfied, with the value that failed it."""
    rows = json.loads(month.project.medicore("explain", month.run(CLEAN), "cohort.criteria", "--json").out)[
        "value"
    ]
    assert sum(row["excluded"] for row in rows) > 0
    source = delivered(month, CLEAN)
    reasons = {row["name"] for row in rows if row["excluded"]}
    protocol = month.project.root / "studies" / f"{CLEAN}.yaml"
    eligibility = yaml.safe_load(protocol.read_text(encoding="utf-8"))["eligibility"]
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


def test_the_ledger_keeps_no_patient(month: Month) -> None:
    """The event of a look names run and row, and holds neither identifier nor value of the patient."""
    run, patient = month.run(CLEAN), delivered(month, CLEAN)[4]
    month.project.medicore("subject", CLEAN, next(iter(patient.values())), "--as", "reviewer")
    event = viewed(month, run)[-1]
    signed = json.loads(base64.b64decode(event["details"].pop("envelope")))
    assert event["details"] == {
        "commit": event["details"]["commit"],
        "file": "lock/raw/subjects.csv",
        "row": 5,
    }
    act = json.loads(base64.b64decode(signed["payload"]))
    assert (act["signer"], act["details"]) == ("reviewer", event["details"])
    told = json.dumps(event)
    assert not [value for value in patient.values() if len(value) > 4 and value in told]


def test_who_may_not_see_patients(month: Month) -> None:
    """An analyst, an operator and a stranger see nothing; the ledger says that they tried."""
    patient = next(iter(delivered(month, CLEAN)[0].values()))
    for who, words in (("analyst", "may not view"), ("operator", "may not view"), ("nobody", "is unknown")):
        answer = month.project.medicore("subject", CLEAN, patient, "--as", who, expected=7)
        assert words in answer.err
        assert answer.out == ""
        assert patient not in answer.err
        assert who not in {event["actor"] for event in viewed(month, month.run(CLEAN))}
        tried = last_about(month.project, CLEAN)
        assert (tried["action"], tried["actor"]) == ("subject.refused", who)
        assert patient not in json.dumps(tried)


def test_an_unknown_patient(month: Month) -> None:
    """A patient who is not in the extract is answered in one line that does not repeat the identifier."""
    answer = month.project.medicore("subject", CLEAN, "SECRET-1", "--as", "reviewer", expected=4)
    assert "has no such subject" in answer.err
    assert "SECRET-1" not in answer.err + answer.out
    assert viewed(month, month.run(CLEAN))[-1]["details"]["row"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("subject", BROKEN, "1", "--as", "reviewer"), 3, "came as far as the cohort"),
        (("subject", CLEAN, "1", "--month", "2025-13", "--as", "reviewer"), 3, "malformed"),
        (("subject", "nonsense", "1", "--as", "reviewer"), 3, "not a study identifier"),
        (("approvals", f"{CLEAN}/{MONTH}/99"), 3, "is unknown"),
        (("attempts", "nonsense"), 3, "not a study identifier"),
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
    assert found["reviewer"]["may"] == ["approve", "export", "proceed", "reject", "view"]
    assert found["operator"]["may"] == ["administer", "extend", "request"]
    added = [change["person"] for change in answer["changes_that_day"] if change["action"] == "person.added"]
    assert {"analyst", "reviewer", "operator", "medicore"} <= set(added)
    assert "approve, export" in month.project.medicore("access", CLEAN, "--at", today).out
    before = month.project.medicore("access", CLEAN, "--at", "2020-01-01", "--json").json()
    assert (before["people"], before["ledger_event"]) == ([], 0)
