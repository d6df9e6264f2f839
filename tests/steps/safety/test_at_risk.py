"""Who is at risk and for how long: first and last days, the export, other arms, and what cannot be counted."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medicore.errors import DataError, ProtocolError
from medicore.records.canonical import document
from medicore.records.delivery.transfer import RawFile
from medicore.records.protocol.parsing import parse_protocol
from medicore.records.protocol.protocol import Protocol
from medicore.records.results.looks import LOOKS, looks_document
from medicore.steps.check import check
from medicore.steps.extract import extract, freeze
from medicore.steps.gates.monitoring_gates import harm_findings
from medicore.steps.looks.harms import counted_harms
from medicore.steps.safety.at_risk import at_risk
from medicore.steps.safety.tables import safety_part
from medicore.stores.files import FolderFiles
from tests.steps import delivered_trial as trial

PLAN: dict[str, Any] = {
    "adverse_events": {
        "file": "ae.csv",
        "subject": "ID",
        "columns": {"term": "PT", "system_organ_class": "SOC", "start": "DAY"},
    },
    "at_risk": {"first": "first_dose", "last": "last_dose", "days_after": 7},
}
HEADER = (*trial.HEADER, "first_dose", "last_dose")
DOSES = {"003": ("2025-01-10", "2025-01-20"), "001": ("2025-02-01", ""), "002": ("", "")}
EVENTS = (
    ("003", "Rash", "Skin", "2025-01-09"),  # the day before the first
    ("003", "Rash", "Skin", "2025-01-10"),  # the first day
    ("003", "Itch", "Skin", "2025-01-27"),  # the last day
    ("003", "Itch", "Skin", "2025-01-28"),  # the day after the last
    ("001", "Rash", "Skin", "2025-04-01"),  # the day of the export, where the study is
    ("002", "Rash", "Skin", "2025-03-01"),  # never at risk
)


def planned(**plan: Any) -> Protocol:
    """Return the trial's protocol with dates of treatment and a safety plan."""
    stored = trial.protocol().as_json()
    stored["contract"]["columns"] += [
        {"name": name, "type": "date", "timing": "follow-up", "required": False}
        for name in ("first_dose", "last_dose")
    ]
    stored["safety"] = {**PLAN, **plan}
    return parse_protocol(json.dumps(stored), "TEST-TRIAL.yaml")


def delivered(
    folder: Path,
    plan: Protocol,
    doses: dict[str, tuple[str, str]] = DOSES,
    events: tuple[tuple[str, ...], ...] = EVENTS,
    rows: int | None = None,
) -> FolderFiles:
    """Return a record folder with both files frozen and extracted; ``rows`` of the events are announced."""
    subjects = trial.table([(*row, *doses[row[0]]) for row in trial.ROWS], HEADER)
    table = trial.table(events, ("ID", "PT", "SOC", "DAY"))
    held = (
        RawFile("subjects.csv", "csv", subjects, len(trial.ROWS)),
        RawFile("ae.csv", "csv", table, len(events) if rows is None else rows),
    )
    files = FolderFiles(folder)
    freeze(files, replace(trial.transfer(b""), files=held), None)
    assert extract(files, plan) == ()
    return files


def test_the_time_at_risk_has_a_first_and_a_last_day(tmp_path: Path) -> None:
    """Both ends count; without a last day the export ends the time, and without a first day there is none."""
    plan = planned()
    files = delivered(tmp_path, plan)
    assert check(files, plan) == ()
    found = at_risk(files, plan)
    treated, control = found.arms["treated"], found.arms["control"]
    assert treated.days.tolist() == [18]
    assert treated.day.tolist() == [1, 18]
    assert treated.events["term"].tolist() == ["Rash", "Itch"]
    assert treated.outside == 2
    assert control.days.tolist() == [60]
    assert control.day.tolist() == [60]
    assert (control.without, control.outside) == (1, 1)
    assert (found.until.isoformat(), found.selected, found.elsewhere) == ("2025-04-01", 6, 0)


def test_the_export_ends_the_time_at_risk(tmp_path: Path) -> None:
    """The days after the last day do not go beyond the export."""
    plan = planned()
    late = {**DOSES, "003": ("2025-03-30", "2025-03-31")}
    found = at_risk(delivered(tmp_path, plan, late, ()), plan)
    assert found.arms["treated"].days.tolist() == [3]
    assert len(found.arms["treated"].events) == 0


def test_an_arm_without_anybody_at_risk_is_told(tmp_path: Path) -> None:
    """Shares, rates and differences are left out where nobody of an arm is at risk; the other arm is counted."""
    plan = planned()
    nobody = {**DOSES, "001": ("", "")}
    section = safety_part(delivered(tmp_path, plan, nobody), plan)["safety"]
    (skin,) = section["classes"]
    assert [term["name"] for term in skin["terms"]] == ["Itch", "Rash"]
    assert skin["risk_difference"] is None
    assert (skin["arms"]["control"]["share"], skin["arms"]["control"]["event_rate"]) == (None, None)
    assert skin["arms"]["treated"]["subjects"] == 1
    assert section["arms"]["control"] == {"subjects": 0, "without": 2, "years": 0.0}


def test_a_study_without_a_plan_has_no_part() -> None:
    """Nothing is read and nothing is written where no safety plan is declared."""
    assert safety_part(FolderFiles(Path("nowhere")), trial.protocol()) == {}
    with pytest.raises(
        ProtocolError, match=r"has no safety plan; expected one; declare safety.adverse_events"
    ):
        at_risk(FolderFiles(Path("nowhere")), trial.protocol())


def test_a_time_that_ends_before_it_begins_is_found(tmp_path: Path) -> None:
    """The check tells of it by column and count, and nothing is counted of it."""
    plan = planned()
    backwards = {**DOSES, "003": ("2025-01-20", "2025-01-02")}
    files = delivered(tmp_path, plan, backwards)
    (finding,) = check(files, plan)
    assert (finding.subject, finding.statistic, finding.overridable) == ("last_dose", "1", False)
    assert "before the first day at risk, column first_dose" in finding.message
    with pytest.raises(DataError, match=r"time at risk of 1 subject\(s\) ends before it begins"):
        at_risk(files, plan)


def test_rows_of_both_files_are_held_against_the_manifest(tmp_path: Path) -> None:
    """A short file of events is found by its own number of rows, and the subjects' number stays as it is."""
    plan = planned()
    files = delivered(tmp_path, plan, rows=9)
    (finding,) = check(files, plan)
    assert "The export has 6 rows, but its manifest announces 9" in finding.message
    told = trial.document(files, "extract.json")
    assert told["rows"] == 3
    assert told["adverse_events"] == {
        "table": "ae.csv", "rows": 6, "selected": 6, "repeated": 0, "uncastable": [],
    }  # fmt: skip


def test_what_an_event_lacks_is_told_by_its_column(tmp_path: Path) -> None:
    """A missing term, a day that is none, and one after the export are violations; two events of a subject are none."""
    plan = planned()
    events = (
        ("003", "", "Skin", "2025-01-11"),
        ("003", "Rash", "Skin", "yesterday"),
        ("003", "Rash", "Skin", "2025-04-02"),
        ("004", "Rash", "Skin", "2025-03-02"),
    )
    found = check(delivered(tmp_path, plan, events=events), plan)
    assert sorted((one.subject, one.message.split("expected ")[-1]) for one in found) == [
        ("adverse_events.start", "Column adverse_events.start: 1 value(s) are not a date as YYYY-MM-DD."),
        ("adverse_events.start", "no date after 2025-04-01, the day of the export."),
        ("adverse_events.subject", "1 adverse event(s) are of a subject that the extract does not have."),
        ("adverse_events.term", "a value for every event."),
    ]


def test_a_changed_file_of_events_is_not_read(tmp_path: Path) -> None:
    """The file is the one that was frozen, or nothing is counted."""
    plan = planned()
    files = delivered(tmp_path, plan)
    (tmp_path / "lock" / "raw" / "ae.csv").chmod(0o644)
    (tmp_path / "lock" / "raw" / "ae.csv").write_bytes(b"ID,PT,SOC,DAY\n")
    with pytest.raises(Exception, match=r"ae.csv differs from the file that was frozen"):
        safety_part(files, plan)


def test_a_harm_of_terms_is_tested_by_time_at_risk(tmp_path: Path) -> None:
    """Events with one of the terms count in the time at risk, whose years are the exposure of both arms."""
    stored = planned().as_json()
    stored["monitoring"]["harms"] = [
        {
            "name": "skin", "label": "Skin", "kind": "poisson", "terms": ["Rash", "Itch"], "rate": 0.5, "alpha": 0.05,
            "upper_limit": 5, "action": "none",
        }
    ]  # fmt: skip
    plan = parse_protocol(json.dumps(stored), "TEST-TRIAL.yaml")
    files = delivered(tmp_path, plan)
    files.write(LOOKS, document(looks_document("TEST-TRIAL/2025-03/1", "2025-03", "candidate", ())))
    ((row,), _) = counted_harms(files, plan)
    assert row["arms"]["treated"] == {"subjects": 1, "events": 2, "exposure": 18 / 365.25}
    assert row["arms"]["control"] == {"subjects": 1, "events": 1, "exposure": 60 / 365.25}
    assert np.isclose(row["expected"], 0.5 * 18 / 365.25)


SKIN: dict[str, Any] = {
    "name": "skin", "label": "Skin", "kind": "binomial", "terms": ["Rash", "Itch"], "alpha": 0.05, "upper_limit": 90,
}  # fmt: skip


def with_harm(terms: tuple[str, ...], **plan: Any) -> Protocol:
    """Return the protocol with a counted harm of these terms, whose findings go to the board."""
    stored = planned(**plan).as_json()
    stored["monitoring"]["harms"] = [{**SKIN, "terms": list(terms)}]
    return parse_protocol(json.dumps(stored), "TEST-TRIAL.yaml")


@pytest.mark.parametrize(("listed", "found"), [((), 1), (("Rash", "Itch", "Zoster"), 0)])
def test_a_term_without_an_event_is_named(tmp_path: Path, listed: tuple[str, ...], found: int) -> None:
    """A term that no event has is told in the results, and is a finding where no list says that it is spelt rightly."""
    plan = with_harm(("Rash", "Zoster"), **({"preferred_terms": listed} if listed else {}))
    files = delivered(tmp_path, plan)
    assert check(files, plan) == ()
    files.write(LOOKS, document(looks_document("TEST-TRIAL/2025-03/1", "2025-03", "candidate", ())))
    ((row,), _) = counted_harms(files, plan)
    assert (row["absent_terms"], row["terms_listed"]) == (["Zoster"], bool(listed))
    findings = [one for one in harm_findings([row]) if one.subject == "terms of harm skin"]
    assert len(findings) == found
    assert all("'Zoster' of the harm 'skin'" in one.message and one.overridable for one in findings)
    assert not [*harm_findings([{**row, "action": "none"}])]


def test_a_counted_term_in_another_spelling_halts(tmp_path: Path) -> None:
    """Events that would not count for their case or blanks are a broken contract, by the name of the declared term."""
    plan = with_harm(("RASH", "Itch"))
    (found,) = check(delivered(tmp_path, plan), plan)
    assert (found.subject, found.statistic, found.overridable) == ("adverse_events.term", "4", False)
    assert "differs by blanks, case or Unicode form alone from 'RASH' of the harm 'skin'" in found.message


def test_an_event_with_a_term_that_is_not_listed_halts(tmp_path: Path) -> None:
    """Where the plan lists its terms, an event with another is a broken contract; neither it nor the list is shown."""
    plan = with_harm(("Rash",), preferred_terms=("Rash",))
    (found,) = check(delivered(tmp_path, plan), plan)
    assert (found.subject, found.statistic) == ("adverse_events.term", "2")
    assert found.message.endswith("expected one of the preferred terms that the safety plan lists.")
    assert "Itch" not in found.message
